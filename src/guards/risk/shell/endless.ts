import {
  type CompoundList,
  type SyntaxNode,
  type While,
  type For,
  type Select,
  type ArithmeticFor,
  forEachChild,
} from 'unbash';

/** Whether a loop's condition never lets it end. */
export function isEndless(node: While | For | Select | ArithmeticFor): boolean {
  if (node.type === 'ArithmeticFor') return node.test === undefined;
  if (node.type !== 'While') return false;
  const command = node.clause.commands.at(-1)?.command;
  const text = command === undefined ? '' : wordsOf(command);
  return (
    node.kind === 'while' ? /^((\/usr)?\/bin\/)?true$|^:$|^\[\[ 1$|^\[ 1 \]$/ : /^((\/usr)?\/bin\/)?false$/
  ).test(text);
}

function wordsOf(node: SyntaxNode): string {
  if (node.type === 'Command') return [node.name?.value, ...node.args.map((a) => a.text)].join(' ');
  if (node.type === 'TestCommand' && node.expression.type === 'TestUnary')
    return `[[ ${node.expression.operand.value}`;
  return '';
}

/** Whether a loop's body starts a job that the body does not wait for at once. */
export function startsJobs(body: CompoundList): boolean {
  let starts = false;
  const visit = (node: SyntaxNode): void => {
    if (node.type === 'CompoundList' || node.type === 'Script') {
      for (const [i, statement] of node.commands.entries()) {
        const next = node.commands[i + 1]?.command;
        const waited = next !== undefined && wordsOf(next) === 'wait';
        if (statement.background === true && !waited) starts = true;
      }
    }
    forEachChild(node, visit);
  };
  visit(body);
  return starts;
}

import { FROM, HOLE, type Value, known, unknown } from '../shell/value.ts';
import type { Engine, Handler } from './engine.ts';

/** Tests and actions that take an argument, so that it is not taken for one itself. */
const WITH_ARGUMENT =
  /^-(a?newer\w*|[acm]min|[acm]time|context|fstype|gid|group|i?lname|i?name|inum|i?path|i?wholename|i?regex|regextype|links|maxdepth|mindepth|perm|samefile|size|type|xtype|uid|used|user|printf|D|files0-from|newer..)$/;
const NARROWS =
  /^-(i?name|i?path|i?wholename|i?regex|type|empty|size|[acm]min|[acm]time|newer\w*|user|group|perm|maxdepth|mindepth|links|inum|samefile|lname)$/;

/** `find folders expression`: it may delete what it finds, write lists, and run programs on it. */
export const find: Handler = ({ args }, engine) => {
  const at = args.findIndex((arg) => /^[-(!,]/.test(arg.text) && !/^-([HLP]|O\d?)$/.test(arg.text));
  const folders = (at < 0 ? args : args.slice(0, at)).filter((arg) => !/^-([HLP]|O\d?)$/.test(arg.text));
  const expression = at < 0 ? [] : args.slice(at);
  const starts = folders.length > 0 ? folders : [known('.')];
  const { acts, names, narrow, open } = read(expression, engine);
  if (
    open ||
    starts.some((start) => start.text.startsWith(HOLE) || (start.glob && /^[*?[]/.test(start.text)))
  )
    engine.remark(
      'unknown-operand',
      'MEDIUM',
      'What it searches for, or does with it, cannot be known before.',
    );
  const found = (start: Value): Value[] => {
    if (names.length > 0)
      return names.map((name) => ({ ...name, text: `${start.text.replace(/\/$/, '')}/${name.text}` }));
    return [{ ...start, text: narrow ? `${start.text.replace(/\/$/, '')}/${HOLE}` : start.text }];
  };
  const only = names.length > 0 && names.every((name) => engine.rebuilds(name.text));
  for (const act of acts) run(act, starts, found, narrow, only, engine);
  return unknown(FROM.input);
};

/** Whether the names that are tested for are all that can be found: nothing is turned round, and no other test stands beside them. */
function isOnlyNamed(expression: readonly Value[]): boolean {
  const words = expression.map((word) => word.text);
  if (words.some((word) => word === '!' || word === '-not' || word === ',')) return false;
  if (!words.some((word) => word === '-o' || word === '-or')) return true;
  const tests = words.filter((word) => NARROWS.test(word));
  const first = tests.findIndex((test) => /^-i?name$/.test(test));
  const before = tests.slice(0, first).every((test) => test === '-type' || words.includes('-prune'));
  return (
    before &&
    tests.slice(first).every((test) => /^-i?name$/.test(test)) &&
    alternatives(words).every((part) => part.some((word) => NARROWS.test(word)))
  );
}

/** The parts between `-o`. */
function alternatives(words: readonly string[]): string[][] {
  const all: string[][] = [[]];
  for (const word of words) {
    if (/^-or?$/.test(word)) all.push([]);
    else all.at(-1)?.push(word);
  }
  return all;
}

interface Act {
  readonly name: string;
  readonly words: readonly Value[];
}

function read(
  expression: readonly Value[],
  engine: Engine,
): { acts: Act[]; names: Value[]; narrow: boolean; open: boolean } {
  const acts: Act[] = [];
  const names: Value[] = [];
  let narrow = false;
  let open = false;
  for (let i = 0; i < expression.length; i++) {
    const { text } = expression[i] ?? known('');
    if (/^-(exec|execdir|ok|okdir)$/.test(text)) {
      const end = expression.findIndex(
        (word, j) => j > i && (word.text === ';' || (word.text === '+' && expression[j - 1]?.text === '{}')),
      );
      acts.push({ name: text, words: expression.slice(i + 1, end < 0 ? undefined : end) });
      i = end < 0 ? expression.length : end;
    } else if (text === '-delete') acts.push({ name: text, words: [] });
    else if (/^-f(print0?|ls|printf)$/.test(text)) {
      const file = expression[++i];
      acts.push({ name: text, words: file === undefined ? [] : [file] });
      if (text === '-fprintf') i++;
    } else if (WITH_ARGUMENT.test(text)) {
      const value = expression[++i];
      if (
        /^-i?name$/.test(text) &&
        value !== undefined &&
        (!/[*?[\]]/.test(value.text) || engine.rebuilds(value.text))
      )
        names.push({ ...value, glob: false });
      if (NARROWS.test(text)) narrow = true;
    } else if (NARROWS.test(text)) narrow = true;
    else if (text.startsWith(HOLE)) open = true;
  }
  return { acts, names: isOnlyNamed(expression) ? names : [], narrow, open };
}

function run(
  { name, words }: Act,
  starts: readonly Value[],
  found: (start: Value) => Value[],
  narrow: boolean,
  rebuilt: boolean,
  engine: Engine,
): void {
  if (name === '-delete') {
    for (const start of starts) {
      for (const path of found(start))
        engine.found({
          kind: 'delete',
          path,
          recursive: !narrow,
          level: rebuilt || tempOf(start) ? 'MEDIUM' : 'HIGH',
          reason: 'It deletes whatever it finds.',
        });
    }
    return;
  }
  if (name.startsWith('-f')) {
    for (const path of words) engine.found({ kind: 'overwrite', path });
    return;
  }
  for (const path of starts.flatMap(found)) {
    const filled = words.map((word) =>
      word.text === '{}' ? path : { ...word, text: word.text.replaceAll('{}', path.text) },
    );
    engine.command(filled, { stdin: null });
  }
}

const tempOf = ({ text }: Value): boolean => /^\/(var\/)?tmp\/[^/]/.test(text) && !text.includes('..');

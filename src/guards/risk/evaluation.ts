import type { SyntaxNode, Word } from 'unbash';

/** A name with a subscript in which a command hides: bash evaluates it wherever it takes a text for a variable or a number. */
const HIDDEN = /[A-Za-z_]\w*\[[^\]]*(\$\(|`|\$\{)/;

/** Builtins that evaluate the subscripts of what they are given as a text. */
const EVALUATING = /^(test|\[|printf|read|unset|declare|typeset|local|export|readonly|let|wait|mapfile)$/;

const NUMERIC = /^-(eq|ne|lt|le|gt|ge)$/;

/**
 * Finds where a line would have bash evaluate a text as code: arithmetic over a variable that holds a text
 * (`a='x[$(rm y)]'; echo $((a))`), indirect names, prompt strings, subscripts inside quotes.
 */
export class Evaluation {
  private readonly evaluated = new Map<string, string>();
  private readonly texts: Set<string>;
  private hidden: string | null = null;
  private readonly line: string;

  /** `given` names the variables that the caller sets for the line. */
  constructor(line: string, given: readonly string[]) {
    this.line = line;
    this.texts = new Set(given);
  }

  /** What gives the line away; null where nothing does. */
  found(): string | null {
    if (this.hidden !== null) return this.hidden;
    for (const [name, source] of this.evaluated) if (this.texts.has(name)) return source;
    return null;
  }

  see(node: SyntaxNode): void {
    if (node.type === 'Command') {
      const name = node.name?.value ?? '';
      const words = node.args.flatMap((arg) => (arg.type === 'Word' ? [arg] : []));
      if (EVALUATING.test(name)) for (const word of words) this.seeText(word);
      if (/^(read|mapfile|readarray|getopts|printf)$/.test(name))
        for (const word of words) this.seeName(word.value);
      if (name === 'set') this.texts.add('$');
    } else if (node.type === 'Assignment') {
      if (node.index !== undefined) this.evaluates(node.index.text, node.text);
      if (node.value.type === 'ArrayValue') this.texts.add(node.name);
      else this.assigned(node.name, node.value);
      for (const word of node.value.type === 'ArrayValue' ? node.value.elements : [node.value])
        this.seeText(word);
    } else if (node.type === 'For' || node.type === 'Select') {
      for (const word of node.wordlist ?? []) this.assigned(node.name.value, word);
      if (node.wordlist === undefined) this.texts.add(node.name.value);
    } else if (node.type === 'ParameterExpansion') this.seeParameter(node);
    else if (node.type === 'TestUnary' && /^-[vR]$/.test(node.operator)) {
      this.seeText(node.operand);
      if (node.operand.text.includes('$')) this.evaluates(node.operand.text, node.operand.text);
    } else if (node.type === 'TestBinary' && NUMERIC.test(node.operator)) {
      for (const word of [node.left, node.right]) {
        this.seeText(word);
        this.evaluates(word.text, word.text);
      }
    } else if (node.type === 'ArithmeticExpansion') this.evaluates(node.text, node.text);
    else if (node.type === 'ArithmeticCommand') this.evaluates(node.body, node.body);
    else if (node.type.startsWith('Arithmetic')) {
      if (node.type === 'ArithmeticCommandExpansion') this.hidden ??= node.text;
      if (node.type === 'ArithmeticWord') this.evaluates(node.value, node.value);
    }
  }

  private seeParameter(node: SyntaxNode & { type: 'ParameterExpansion' }): void {
    const { operation, index } = node;
    const listed = index !== undefined && /^[@*]$/.test(index.text);
    if (index !== undefined && !listed) this.evaluates(index.text, node.text);
    if (node.prefix === '!' && operation?.type !== 'Names' && !listed) this.hidden ??= node.text;
    if (operation?.type === 'Transform' && operation.operand.value === 'P') this.hidden ??= node.text;
    if (operation?.type === 'Slice') {
      this.evaluates(`${operation.offset.text} ${operation.length?.text ?? ''}`, node.text);
    }
    if (operation?.type === 'Default' && operation.operator.endsWith('=')) {
      this.assigned(node.parameter, operation.operand);
    }
  }

  /** Bash evaluates this text as arithmetic: every name in it is evaluated in turn. */
  private evaluates(text: string, source: string): void {
    for (const [name] of text.matchAll(/[A-Za-z_]\w*/g)) this.evaluated.set(name, source);
    if (/\$\{?[\d@*]/.test(text)) this.evaluated.set('$', source);
  }

  /** A variable that may hold anything but a number holds a text. */
  private assigned(name: string, value: Word): void {
    const number = /^[-+]?\d*$/.test(value.value) || /^\{\d+\.\.\d+(\.\.\d+)?\}$/.test(value.text);
    const computed = value.parts?.every((part) => part.type === 'ArithmeticExpansion') ?? false;
    const counted = /^"?\$(\{#\w+(\[[@*]\])?\}|[#?$!])"?$/.test(value.text);
    if (!number && !computed && !counted) this.texts.add(name);
  }

  private seeName(word: string): void {
    const name = /^[A-Za-z_]\w*/.exec(word)?.[0];
    if (name !== undefined) this.texts.add(name);
  }

  private seeText(word: Word): void {
    const written = (word.parts ?? []).map((part) =>
      part.type === 'SingleQuoted' || part.type === 'AnsiCQuoted' || part.type === 'Literal'
        ? part.value
        : '',
    );
    const texts = word.parts === undefined ? [word.value] : [...written, word.value];
    const quoted = /['"\\]/.test(word.text);
    if (quoted && texts.some((text) => HIDDEN.test(text)))
      this.hidden ??= this.line.slice(word.pos, word.end);
  }
}

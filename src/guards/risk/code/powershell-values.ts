import { hide, type Findings } from './machine.ts';
import type { Word } from './powershell-words.ts';
import { base64, character, reversed } from './pure/decode.ts';
import { format } from './pure/format.ts';
import { HOME } from './pure/places.ts';
import { report } from './report.ts';
import type { CallTable } from './table.ts';
import { list, named, text, textOf, UNKNOWN, type Value } from './value.ts';

export interface Shell extends Findings {
  readonly code: string;
  readonly words: readonly Word[];
  readonly table: CallTable;
  readonly variables: Map<string, Value>;
  /** Takes a statement. */
  readonly pipeline: (shell: Shell) => Value;
  at: number;
  depth: number;
}

const DEPTH = 60;

export const peek = (shell: Shell, ahead = 0): Word | undefined => shell.words[shell.at + ahead];
export const isMark = (word: Word | undefined, mark: string): boolean =>
  word?.kind === 'mark' && word.text === mark;

export const itemsOf = (value: Value): readonly Value[] => (value.kind === 'list' ? value.items : [value]);

export function pipelineWithin(shell: Shell): Value {
  if (++shell.depth > DEPTH) hide(shell, 'the code is too deeply nested');
  const value = shell.depth > DEPTH ? UNKNOWN : shell.pipeline(shell);
  shell.depth--;
  return value;
}

/** A script block: its statements may run. */
export function block(shell: Shell): void {
  shell.at++;
  while (shell.at < shell.words.length && !isMark(peek(shell), '}')) {
    const from = shell.at;
    pipelineWithin(shell);
    if (shell.at === from) shell.at++;
  }
  shell.at++;
}

export function joined(values: readonly Value[], between: string): Value {
  const known = values.map(textOf);
  return known.every((one) => one !== null) ? text(known.join(between)) : UNKNOWN;
}

/** Operands with the operators between them. */
export function expression(shell: Shell): Value {
  let value = operand(shell);
  for (let word = peek(shell); word !== undefined; word = peek(shell)) {
    if (isMark(word, '+') || isMark(word, '*')) {
      shell.at++;
      const right = operand(shell);
      value = word.text === '+' ? plus(value, right) : UNKNOWN;
    } else if (
      word.kind === 'bare' &&
      /^-(?:join|f|replace|split|as|c?eq|ne|like|match|and|or|gt|lt|bxor|i?replace)$/i.test(word.text)
    ) {
      shell.at++;
      value = operator(word.text.toLowerCase(), value, operand(shell));
    } else if (isMark(word, ',')) {
      value = list([...itemsOf(value), ...further(shell)]);
    } else break;
  }
  return value;
}

/** The rest of a list. */
function further(shell: Shell): Value[] {
  const items: Value[] = [];
  while (isMark(peek(shell), ',')) {
    shell.at++;
    items.push(operand(shell));
  }
  return items;
}

const plus = (a: Value, b: Value): Value =>
  a.kind === 'list' ? list([...a.items, ...itemsOf(b)]) : joined([a, b], '');

function operator(name: string, a: Value, b: Value): Value {
  if (name === '-join') return joined(itemsOf(a), textOf(b) ?? '');
  if (name === '-f') return formatted(a, itemsOf(b));
  if (/^-i?replace$/.test(name)) {
    const [known, [from, to]] = [textOf(a), itemsOf(b)];
    return known === null ? UNKNOWN : text(known.replaceAll(textOf(from) ?? '\0', textOf(to) ?? ''));
  }
  return UNKNOWN;
}

const formatted = (pattern: Value, args: readonly Value[]): Value => {
  const known = textOf(pattern)?.replaceAll(
    /\{(\d+)[^}]*\}/g,
    (_, at: string) => textOf(args[Number(at)]) ?? '%s',
  );
  return known === undefined ? UNKNOWN : format(known, []);
};

/** A value with its indexes and its methods. */
export function operand(shell: Shell): Value {
  if (shell.depth > DEPTH) {
    hide(shell, 'the code is too deeply nested');
    shell.at = shell.words.length;
    return UNKNOWN;
  }
  shell.depth++;
  const value = members(shell);
  shell.depth--;
  return value;
}

function members(shell: Shell): Value {
  const from = shell.at;
  let value = primary(shell);
  for (let word = peek(shell); word !== undefined && !word.spaced; word = peek(shell)) {
    const dotted = word.kind === 'bare' && /^\.\w+$/.test(word.text) ? word.text.slice(1) : null;
    const next = peek(shell, 1);
    const member =
      dotted ??
      ((isMark(word, '.') || isMark(word, '::')) && next !== undefined && /^(?:bare|text)$/.test(next.kind)
        ? next.text
        : null);
    if (member !== null) {
      shell.at += dotted === null ? 2 : 1;
      value = selected(shell, value, member.toLowerCase(), from);
    } else if (isMark(word, '[')) {
      shell.at++;
      const key = expression(shell);
      if (isMark(peek(shell), ']')) shell.at++;
      value =
        value.kind === 'list' && key.kind === 'text'
          ? (value.items.at(Number(key.text)) ?? UNKNOWN)
          : UNKNOWN;
    } else break;
  }
  return value;
}

function primary(shell: Shell): Value {
  const word = peek(shell);
  shell.at++;
  switch (word?.kind) {
    case 'text':
      return word.expands ? expanded(shell, word.text) : text(word.text);
    case 'bare':
      return /^-join$/i.test(word.text) ? joined(itemsOf(expression(shell)), '') : text(word.text);
    case 'variable':
      return variable(shell, word.text);
    case 'type':
      return typed(shell, word.text);
    case 'mark':
      return bracket(shell, word.text);
    default:
      return UNKNOWN;
  }
}

function variable(shell: Shell, name: string): Value {
  if (name === 'home' || name === 'env:home' || name === 'env:userprofile') return text(HOME);
  return (
    shell.variables.get(name) ??
    (name === 'true' || name === 'false' ? named(name === 'true' ? '$true' : 'false') : UNKNOWN)
  );
}

function expanded(shell: Shell, pattern: string): Value {
  let known = true;
  const whole = pattern.replaceAll(
    /\$(?:\{([^}]*)\}|((?:\w+:)?\w+)|\()/g,
    (_, braced?: string, plain?: string) => {
      const value = textOf(variable(shell, (braced ?? plain ?? '').toLowerCase()));
      known &&= value !== null;
      return value ?? '';
    },
  );
  return known ? text(whole) : UNKNOWN;
}

/** `[char]114`, `[IO.File]`. */
function typed(shell: Shell, name: string): Value {
  const next = peek(shell);
  if (isMark(next, '::') || next === undefined || next.spaced) return named(name.replace(/^system\./, ''));
  const value = operand(shell);
  if (name === 'char') return text(character(Number(textOf(value) ?? Number.NaN)));
  if (name === 'char[]' && value.kind === 'list')
    return list(value.items.map((item) => text(character(Number(textOf(item) ?? Number.NaN)))));
  return name === 'scriptblock' ? UNKNOWN : value;
}

function bracket(shell: Shell, mark: string): Value {
  if (mark === '{') {
    shell.at--;
    block(shell);
    return UNKNOWN;
  }
  if (!/^(?:\(|@\(|\$\(|@\{)$/.test(mark)) return UNKNOWN;
  const values: Value[] = [];
  while (shell.at < shell.words.length && !isMark(peek(shell), ')') && !isMark(peek(shell), '}')) {
    const from = shell.at;
    values.push(pipelineWithin(shell));
    if (shell.at === from) shell.at++;
  }
  shell.at++;
  return values.length === 1 ? (values[0] ?? UNKNOWN) : UNKNOWN;
}

/** `.Member` and `.Method(…)`. */
function selected(shell: Shell, of: Value, member: string, from: number): Value {
  const name = of.kind === 'named' ? `${of.name}.${member}` : `?.${member}`;
  if (!isMark(peek(shell), '(') || peek(shell)?.spaced === true) return named(name, of);
  shell.at++;
  const args: Value[] = [];
  while (shell.at < shell.words.length && !isMark(peek(shell), ')')) {
    const at = shell.at;
    if (isMark(peek(shell), ',')) shell.at++;
    else args.push(...itemsOf(expression(shell)));
    if (shell.at === at) shell.at++;
  }
  shell.at++;
  const evidence = shell.code.slice(shell.words[from]?.start ?? 0, shell.words[shell.at - 1]?.end ?? 0);
  const entries = shell.table.functions.get(name) ?? shell.table.methods.get(member) ?? [];
  for (const entry of entries) report(shell, entry, named(name, of), args, evidence);
  return folded(name, member, of, args);
}

function folded(name: string, member: string, of: Value, args: readonly Value[]): Value {
  const [known, first] = [textOf(of), textOf(args[0])];
  if (name === 'convert.frombase64string' && first !== null) return text(base64(first));
  if (member === 'getstring') return utf16(args[0] ?? UNKNOWN);
  if (name === 'string.join') return joined(args.slice(1), first ?? '');
  if (name === 'io.path.combine') return joined(args, '/');
  if (name === 'array.reverse' || known === null)
    return name === 'convert.toint32'
      ? text(String(Number.parseInt(first ?? '', Number(textOf(args[1]) ?? 10))))
      : named(`${name}()`, of, args);
  if (member === 'replace') return text(known.replaceAll(first ?? '\0', textOf(args[1]) ?? ''));
  if (member === 'trim' || member === 'tostring') return of;
  if (member === 'tolower') return text(known.toLowerCase());
  if (member === 'tochararray') return list(Array.from(known, (one) => text(one)));
  return member === 'reverse' ? text(reversed(known)) : UNKNOWN;
}

/** The text of bytes that may be UTF-16, as PowerShell encodes commands. */
const utf16 = (value: Value): Value =>
  value.kind === 'text' ? text(value.text.replaceAll('\0', '')) : UNKNOWN;

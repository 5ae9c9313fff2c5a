import { isKnown, joined, known, unknown, FROM, type Value } from './value.ts';
import type { Builtin, BuiltinCall } from './builtin.ts';
import { runValue } from './run-value.ts';
import { setNames } from './naming.ts';
import { scopeOf } from './scope-of.ts';
import type { Held } from './scope.ts';
import { separatorsOf, split } from './split.ts';

const NOTHING = known('');

/** More lines than this are one that cannot be known. */
const MOST_LINES = 8;

interface Given {
  readonly names: readonly Value[];
  readonly array: boolean;
  readonly raw: boolean;
  /** What ends a line. */
  readonly end: string;
  readonly input: Value | null;
}

/** `read`: any of the lines that it is given, since a loop reads one after the other. */
export const read: Builtin = (args, call) => {
  const given = parsed(args, call);
  const ifs = separatorsOf(scopeOf(call.own, call.walk));
  const lines = linesOf(given);
  const from = given.input?.from ?? 0;
  const names = given.names.length === 0 ? [known('REPLY')] : given.names;
  if (lines === null || ifs === null) setNames(names, () => [unknown(from | FROM.input)], call);
  else {
    const rows = lines.map((line) => wordsOf(line, from, ifs, given.raw));
    if (given.array) setNames(names, () => rows.map(arrayOf), call);
    else setNames(names, (i) => rows.map((words) => placed(words, i, names.length, ifs)), call);
  }
  return NOTHING;
};

function parsed(args: readonly Value[], { frame }: BuiltinCall): Given {
  const names: Value[] = [];
  let array = false;
  let raw = false;
  let end = '\n';
  let input = frame.stdin;
  for (let i = 0; i < args.length; i++) {
    const { text } = args[i] ?? NOTHING;
    const [, flags = '', valued, attached = ''] = /^-([ers]*)([adinNptu]?)(.*)$/s.exec(text) ?? [];
    if (!text.startsWith('-') || text === '--' || names.length > 0) {
      if (text !== '--') names.push(args[i] ?? NOTHING);
      continue;
    }
    raw ||= flags.includes('r');
    if (valued === undefined || valued === '') continue;
    const value = attached === '' ? (args[++i] ?? NOTHING) : known(attached);
    if (valued === 'a') {
      array = true;
      names.push(value);
    }
    if (valued === 'd') end = value.text === '' ? '\0' : value.text.slice(0, 1);
    if (valued === 'u') input = frame.state.descriptors.get(value.text) ?? input;
  }
  return { names, array, raw, end, input };
}

function linesOf({ input, end, raw }: Given): readonly string[] | null {
  if (input === null || !isKnown(input)) return null;
  const text = raw ? input.text : input.text.replaceAll('\\\n', '');
  const lines = text.split(end);
  if (lines.length > 1 && lines.at(-1) === '') lines.pop();
  return lines.length > MOST_LINES ? null : lines;
}

function wordsOf(line: string, from: number, ifs: string, raw: boolean): Value[] {
  const plain = raw ? line : line.replaceAll(/\\(.)/gs, '$1');
  const kept = plain.replace(/\n+$/, '');
  return ifs === '' ? [known(kept, from)] : split([{ kind: 'expanded', text: kept, from }], ifs);
}

const arrayOf = (words: readonly Value[]): Held =>
  new Map(words.map((word, i) => [String(i), { ...word, glob: false }]));

/** The last name takes all that is left. */
function placed(words: readonly Value[], i: number, count: number, ifs: string): Value {
  const taken = i === count - 1 ? words.slice(i) : words.slice(i, i + 1);
  return known(taken.map(({ text }) => text).join(ifs.slice(0, 1)), words[0]?.from ?? 0);
}

/** `mapfile`: the lines of its input, as an array. */
export const readLines: Builtin = (args, call) => {
  const { frame } = call;
  const fd = args.map((arg) => /^-\w*u(\w+)$/.exec(arg.text)?.[1]).find((some) => some !== undefined);
  const at = args.findIndex((arg) => /^-\w*u$/.test(arg.text));
  const number = fd ?? (at < 0 ? undefined : args[at + 1]?.text);
  const input = number === undefined ? frame.stdin : (frame.state.descriptors.get(number) ?? null);
  const name = args.at(-1);
  const plain =
    name === undefined || name.text.startsWith('-') || name === args[at + 1] ? 'MAPFILE' : name.text;
  const from = input?.from ?? 0;
  const callback = args[args.findIndex((arg) => arg.text === '-C') + 1];
  if (callback !== args[0] && callback !== undefined)
    runValue(joined([callback, unknown(FROM.input)], ' '), frame, call.walk, call.source);
  const lines = input === null || !isKnown(input) ? null : input.text.replace(/\n$/, '').split('\n');
  frame.state.set(
    plain,
    lines === null ? unknown(from | FROM.input) : new Map(lines.map((l, i) => [String(i), known(l, from)])),
  );
  return NOTHING;
};

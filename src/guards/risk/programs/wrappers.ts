import { FROM, HOLE, type Value, isKnown, joined, unknown } from '../shell/value.ts';
import type { Handler, Stream } from './engine.ts';

const ASSIGNMENT = /=/;

/** `env -i NAME=value command`: variables for one command. */
export const env: Handler = ({ parsed }, engine) => {
  const { operands, options } = parsed;
  const split = [...(options.get('-S') ?? []), ...(options.get('--split-string') ?? [])];
  const at = operands.findIndex((operand) => !ASSIGNMENT.test(operand.text) && operand.text !== '-');
  const variables = (at < 0 ? operands : operands.slice(0, at)).flatMap((operand): [string, Value][] => {
    const cut = operand.text.indexOf('=');
    return cut < 0 ? [] : [[operand.text.slice(0, cut), { ...operand, text: operand.text.slice(cut + 1) }]];
  });
  const [folder] = options.get('-C') ?? options.get('--chdir') ?? [];
  const given = { variables, ...(folder == null ? {} : { cwd: folder }) };
  let printed: Stream | undefined;
  for (const line of split) if (line !== null) printed = engine.code('shell', line, given);
  // With nothing to run it prints the environment, and what is in it may be a secret.
  if (at < 0) return printed ?? unknown(FROM.environment);
  return engine.command(operands.slice(at), given);
};

const MOST_ITEMS = 8;

/** The words that are read from standard input; null where they cannot be known. */
function itemsOf(stdin: Stream | null, lines: boolean): string[] | null {
  if (stdin === null || !isKnown(stdin)) return null;
  const text = stdin.text.replace(/\n$/, '');
  return lines ? text.split('\n') : text.split(/[\s\0]+/).filter((word) => word !== '').map((word) => word.replaceAll(/^['"]|['"]$/g, ''));
}

const partsOf = (stdin: Stream | null): string[] | null => (stdin === null || !isKnown(stdin) ? null : stdin.text.split('\0').filter((part) => part !== ''));

const some = (stdin: Stream | null): Value => ({ text: HOLE, glob: false, splits: true, from: (stdin?.from ?? 0) | 8 });

/** `xargs command`: words from standard input become arguments. */
export const xargs: Handler = ({ parsed, stdin }, engine) => {
  const { options, operands } = parsed;
  const given = [...(options.get('-I') ?? []), ...(options.get('-J') ?? []), ...(options.get('--replace') ?? []), ...(options.get('-i') ?? [])];
  const replaces = given.length > 0 || options.has('-i') || options.has('--replace');
  if (operands.length === 0) return stdin ?? unknown();
  const mark = given.find((value) => value !== null)?.text ?? '{}';
  const lines = replaces || options.has('-d') || options.has('--delimiter');
  const items = options.has('-0') || options.has('--null') ? partsOf(stdin) : itemsOf(stdin, lines);
  const values: Value[] = items === null ? [some(stdin)] : items.slice(0, MOST_ITEMS).map((text) => ({ text, glob: false, splits: false, from: stdin?.from ?? 0 }));
  const options_ = { stdin: null };
  let printed: Stream = unknown();
  if (!replaces) return engine.command([...operands, ...values], options_);
  for (const value of values)
    printed = engine.command(operands.map((operand) => (operand.text.includes(mark) ? filled(operand, mark, value) : operand)), options_);
  return printed;
};

function filled(operand: Value, mark: string, by: Value): Value {
  if (operand.text === mark) return { ...by, splits: false };
  return { ...operand, text: operand.text.replaceAll(mark, by.text), from: operand.from | by.from };
}

const PLACE = /\{(?:[.#%/]|\/\.|\/\/|\d+|\d+[./]|)\}/g;

/** `parallel command ::: words`: a line for each word, run by a shell. */
export const parallel: Handler = ({ args, parsed, stdin }, engine) => {
  if (parsed.options.has('--dry-run') || parsed.options.has('--dryrun')) return unknown();
  const { operands } = parsed;
  const cut = operands.findIndex((operand) => /^:::\+?$/.test(operand.text));
  const command = cut < 0 ? operands : operands.slice(0, cut);
  const listed = cut < 0 ? null : operands.slice(cut + 1).filter((operand) => !/^:::\+?$/.test(operand.text));
  const items = listed ?? itemsOf(stdin, true)?.map((text): Value => ({ text, glob: false, splits: false, from: stdin?.from ?? 0 })) ?? [some(stdin)];
  let printed: Stream = unknown();
  if (args.length === 0) engine.remark('runs-input', 'HIGH', 'It runs each line that it is given.');
  for (const item of items.slice(0, MOST_ITEMS)) {
    const line = command.length === 0 ? [item] : withItem(command, item);
    // A line of one word is a shell's; several are words that a shell would see again, so both are looked at.
    printed = line.length === 1 || /\s/.test(line[0]?.text ?? '') ? engine.code('shell', joined(line, ' '), { stdin: null }) : engine.command(line, { stdin: null });
  }
  return printed;
};

function withItem(command: readonly Value[], item: Value): Value[] {
  const placed = command.some((word) => word.text.search(PLACE) >= 0);
  if (!placed) return [...command, item];
  return command.map((word) => {
    if (word.text === '{}') return item;
    return { ...word, text: word.text.replaceAll(PLACE, () => item.text), from: word.from | item.from };
  });
}

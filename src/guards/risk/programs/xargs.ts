import { type Value, known, unknown } from '../shell/value.ts';
import type { Arguments } from './arguments.ts';
import type { Engine, Handler, Stream } from './engine.ts';
import { itemsOf, some, wordsOf } from './items.ts';

/** So many commands are run one by one. */
const MOST_RUNS = 32;

/** `xargs command`: words from standard input, or from a file, become arguments. */
export const handle: Handler = ({ parsed, stdin }, engine) => {
  const { operands } = parsed;
  const [file] = values(parsed, '-a', '--arg-file');
  const input = file === undefined ? stdin : engine.content(file);
  if (operands.length === 0) return input ?? unknown();
  const places = values(parsed, '-I', '-J', '--replace', '-i');
  const replaces = ['-I', '-J', '--replace', '-i'].some((name) => parsed.options.has(name));
  const items = itemsOf(input, separatorOf(parsed, replaces)) ?? [some(input)];
  const mark = places[0]?.text ?? '{}';
  const lines = replaces
    ? items.map((item) => operands.map((operand) => filled(operand, mark, item)))
    : groups(items, parsed, input).map((group) => [...operands, ...group]);
  return run(lines, engine);
};

function run(lines: readonly (readonly Value[])[], engine: Engine): Stream {
  const each = lines.slice(0, MOST_RUNS).map((line) => engine.command([...line], { stdin: null }));
  if (lines.length > MOST_RUNS)
    engine.remark('unknown-operand', 'HIGH', 'It runs more commands than are looked at.');
  const [only = known('')] = each;
  return each.length > 1 ? unknown(each.reduce((sum, { from }) => sum | from, 0)) : only;
}

/** What ends an item; null where any blank does. */
function separatorOf(parsed: Arguments, replaces: boolean): string | null {
  if (parsed.options.has('-0') || parsed.options.has('--null')) return '\0';
  const [given] = values(parsed, '-d', '--delimiter');
  if (given === undefined) return replaces ? '\n' : null;
  return SIGNS[given.text] ?? (given.text.slice(0, 1) || '\n');
}

const SIGNS: Readonly<Record<string, string>> = {
  '\\n': '\n',
  '\\0': '\0',
  '\\t': '\t',
  '\\000': '\0',
  '\\x00': '\0',
};

/** The arguments of each command; without any item it is run once, but for `-r`. */
function groups(items: readonly Value[], parsed: Arguments, input: Stream | null): (readonly Value[])[] {
  if (items.length === 0)
    return parsed.options.has('-r') || parsed.options.has('--no-run-if-empty') ? [] : [[]];
  const byLine = ['-L', '-l', '--max-lines'].some((name) => parsed.options.has(name));
  if (byLine && input !== null && items[0]?.splits !== true)
    return input.text.split('\n').flatMap((line) => {
      const words = wordsOf(line).map((word) => known(word, input.from));
      return words.length === 0 ? [] : [words];
    });
  const [most] = values(parsed, '-n', '--max-args');
  const size = Math.max(1, Number(most?.text ?? items.length) || items.length);
  const found: Value[][] = [];
  for (let at = 0; at < items.length; at += size) found.push(items.slice(at, at + size));
  return found;
}

function filled(operand: Value, mark: string, by: Value): Value {
  if (!operand.text.includes(mark)) return operand;
  if (operand.text === mark) return { ...by, splits: false };
  return { ...operand, text: operand.text.replaceAll(mark, () => by.text), from: operand.from | by.from };
}

const values = ({ options }: Arguments, ...names: string[]): Value[] =>
  names.flatMap((name) => options.get(name) ?? []).filter((value) => value !== null);

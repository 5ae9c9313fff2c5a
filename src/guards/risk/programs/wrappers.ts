import { FROM, type Value, joined, unknown } from '../shell/value.ts';
import type { Handler, Stream } from './engine.ts';
import { itemsOf, some } from './items.ts';

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

/** More than this are not looked at one by one. */
const MOST_ITEMS = 32;

const PLACE = /\{(?:[.#%/]|\/\.|\/\/|\d+|\d+[./]|)\}/g;

/** `parallel command ::: words`: a line for each word, run by a shell. */
export const parallel: Handler = ({ args, parsed, stdin }, engine) => {
  if (parsed.options.has('--dry-run') || parsed.options.has('--dryrun')) return unknown();
  const { operands } = parsed;
  const cut = operands.findIndex((operand) => /^:::\+?$/.test(operand.text));
  const command = cut < 0 ? operands : operands.slice(0, cut);
  const listed = cut < 0 ? null : operands.slice(cut + 1).filter((operand) => !/^:::\+?$/.test(operand.text));
  const items = listed ?? itemsOf(stdin, '\n') ?? [some(stdin)];
  let printed: Stream = unknown();
  if (args.length === 0) engine.remark('runs-input', 'HIGH', 'It runs each line that it is given.');
  for (const item of items.slice(0, MOST_ITEMS)) {
    const line = command.length === 0 ? [item] : withItem(command, item);
    // A line of one word is a shell's; several are words that a shell would see again, so both are looked at.
    printed =
      line.length === 1 || /\s/.test(line[0]?.text ?? '')
        ? engine.code('shell', joined(line, ' '), { stdin: null })
        : engine.command(line, { stdin: null });
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

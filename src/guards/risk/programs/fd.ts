import { FROM, type Value, unknown } from '../shell/value.ts';
import type { Handler } from './engine.ts';
import { isHarmless } from './rules.ts';

const RUNS = /^(-\w*[xX]|--exec|--exec-batch)(=|$)/;

/** fd: what follows -x is run on everything that it finds. */
export const handle: Handler = (call, engine) => {
  if (isHarmless(call)) return;
  const at = call.args.findIndex(({ text }) => RUNS.test(text));
  const given = call.args[at];
  if (given === undefined) return;
  const cut = given.text.indexOf('=');
  const joined = cut < 0 ? [] : [{ ...given, text: given.text.slice(cut + 1) }];
  const after = [...joined, ...call.args.slice(at + 1)];
  const end = after.findIndex(({ text }) => text === ';');
  const command = end < 0 ? after : after.slice(0, end);
  if (command.length === 0) return;
  const item = unknown(FROM.input);
  const placed = command.some(({ text }) => PLACE.test(text));
  engine.command(placed ? command.map((word) => filled(word, item)) : [...command, item], { stdin: null });
};

const PLACE = /\{(\/?\.?|\/\/)\}/;

const filled = (word: Value, item: Value): Value =>
  PLACE.test(word.text)
    ? { ...word, text: word.text.replace(PLACE, () => item.text), from: word.from | item.from }
    : word;

import type { Dice } from '../../helpers/dice.ts';

/** A piece of shell text: `simple` may stand behind a word such as `nice`, `posix` means the same in any sh. */
export interface Fragment {
  readonly text: string;
  readonly simple: boolean;
  readonly posix: boolean;
}

export const compound = (text: string, posix: boolean): Fragment => ({ text, simple: false, posix });

const PLAIN = /^[\w./:=,@%+-]+$/;

export const single = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

export const double = (text: string): string => `"${text.replaceAll(/[\\"$`]/g, '\\$&')}"`;

const escapeOf = (char: string, dice: Dice): string => {
  const code = char.charCodeAt(0);
  return dice.chance(0.5)
    ? `\\x${code.toString(16).padStart(2, '0')}`
    : `\\${code.toString(8).padStart(3, '0')}`;
};

/** `$'…'` with some or all of its characters written as numbers. */
export const ansi = (text: string, dice: Dice, share = 0.5): string =>
  `$'${text
    .split('')
    .map((c) =>
      c === '\n' ? '\\n' : /['\\]/.test(c) ? `\\${c}` : dice.chance(share) ? escapeOf(c, dice) : c,
    )
    .join('')}'`;

/** A whole text as one word, as people write it or as `any` way of quoting may. */
export function quoted(text: string, dice: Dice, any = false): { text: string; posix: boolean } {
  if (any && dice.chance(0.15)) return { text: ansi(text, dice), posix: false };
  return { text: dice.chance(0.7) ? single(text) : double(text), posix: true };
}

const usual = (word: string, dice: Dice): string =>
  PLAIN.test(word) && !dice.chance(0.05) ? word : dice.chance(0.6) ? single(word) : double(word);

/** Splits a word in two, neither empty. */
function halves(word: string, dice: Dice): [string, string] {
  const at = 1 + dice.below(word.length - 1);
  return [word.slice(0, at), word.slice(at)];
}

const TRICKS: readonly ((word: string, dice: Dice) => { text: string; posix: boolean })[] = [
  (word, d) => ({ text: d.chance(0.5) ? single(word) : double(word), posix: true }),
  (word, d) => ({ text: joined(word, d, "''"), posix: true }),
  (word, d) => ({ text: joined(word, d, '""'), posix: true }),
  (word, d) => ({ text: joined(word, d, '\\\n'), posix: true }),
  (word, d) => ({
    text: joined(word, d, d.pick(['$unset', '${unset}', '$()', '``', '${unset:-}', '"$@"'])),
    posix: true,
  }),
  (word, d) => {
    const [a, b] = halves(word, d);
    return {
      text: d.pick([single(a) + double(b), double(a) + usual(b, d), usual(a, d) + single(b)]),
      posix: true,
    };
  },
  (word) => ({
    text: word
      .split('')
      .map((c) => (/\n/.test(c) ? single(c) : `\\${c}`))
      .join(''),
    posix: true,
  }),
  (word, d) => ({ text: ansi(word, d), posix: false }),
  (word, d) => {
    const [a, b] = halves(word, d);
    return { text: usual(a, d) + ansi(b, d, 1), posix: false };
  },
  (word, d) => {
    const [a, b] = halves(word, d);
    return { text: `${usual(a, d)}$(printf %s ${single(b)})`.replace(/\$\(.*\)$/s, '"$&"'), posix: true };
  },
];

function joined(word: string, dice: Dice, between: string): string {
  const [a, b] = halves(word, dice);
  // What follows a bare variable must not continue its name.
  const safe = /^\$\w+$/.test(between) ? `"${between}"` : between;
  return `${usual(a, dice)}${safe}${usual(b, dice)}`;
}

/** A word that stands for exactly this text, written plainly or in one of the ways to hide it. */
export function wordFor(literal: string, dice: Dice, trickiness: number): { text: string; posix: boolean } {
  if (literal.length < 2 || literal.includes('\n') || !dice.chance(trickiness))
    return { text: usual(literal, dice), posix: true };
  return dice.pick(TRICKS)(literal, dice);
}

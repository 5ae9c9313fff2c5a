import { FROM, HOLE, type Value, isKnown, known } from '../shell/value.ts';
import type { Stream } from './engine.ts';

/** The words that are read from standard input, as xargs splits them where no separator is given; null where they cannot be known. */
export function itemsOf(stdin: Stream | null, separator: string | null): Value[] | null {
  if (stdin === null || !isKnown(stdin)) return null;
  const { text, from } = stdin;
  if (separator === null) return wordsOf(text).map((word) => known(word, from));
  const items = text.split(separator);
  if (items.at(-1) === '' || (separator !== '\n' && items.at(-1) === '\n')) items.pop();
  return items.map((item) => known(item, from));
}

/** Blanks separate, but for those in quotes or behind a backslash. */
export const wordsOf = (text: string): string[] =>
  [...text.matchAll(/(?:'[^'\n]*'?|"[^"\n]*"?|\\[\s\S]|[^\s'"\\])+/g)].map(([word]) =>
    word.replaceAll(
      /'([^'\n]*)'?|"([^"\n]*)"?|\\([\s\S])/g,
      (_, single?: string, double?: string, escaped?: string) => single ?? double ?? escaped ?? '',
    ),
  );

/** Any number of words that nobody knows. */
export const some = (stdin: Stream | null): Value => ({
  text: HOLE,
  glob: false,
  splits: true,
  from: (stdin?.from ?? 0) | FROM.input,
});

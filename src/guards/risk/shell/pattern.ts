import type { Piece } from './piece.ts';
import { HOLE } from './value.ts';

type Node = 'any' | 'many' | ((char: string) => boolean);

/** A shell pattern over single characters; null stands for one that cannot be followed. */
export type Pattern = readonly Node[];

type Char = { readonly char: string; readonly active: boolean };

/** Extended patterns depend on an option of the shell, so that they are not followed. */
const EXTENDED = /[?*+@!]\(/;

const CLASSES: Readonly<Record<string, RegExp>> = {
  alnum: /^[\p{L}\p{Nd}]$/u,
  alpha: /^\p{L}$/u,
  blank: /^[ \t]$/,
  digit: /^[0-9]$/,
  lower: /^\p{Ll}$/u,
  punct: /^[!-/:-@[-`{-~]$/,
  space: /^[ \t-\r]$/,
  upper: /^\p{Lu}$/u,
  xdigit: /^[0-9A-Fa-f]$/,
};

/** What stands quoted in the pieces stands for itself. */
export function compile(pieces: readonly Piece[]): Pattern | null {
  const active = (piece: Piece): boolean => piece.kind === 'written' || piece.kind === 'expanded';
  if (pieces.some((piece) => piece.text.includes(HOLE))) return null;
  if (EXTENDED.test(pieces.map((piece) => (active(piece) ? piece.text : '\0')).join(''))) return null;
  const chars = pieces.flatMap((piece): Char[] =>
    piece.kind === 'break'
      ? [{ char: ' ', active: false }]
      : Array.from(piece.text).map((char) => ({ char, active: active(piece) })),
  );
  const nodes: Node[] = [];
  for (let i = 0; i < chars.length; i++) {
    const { char, active: plain } = chars[i] ?? { char: '', active: false };
    if (plain && char === '*') {
      if (nodes.at(-1) !== 'many') nodes.push('many');
    } else if (plain && char === '?') nodes.push('any');
    else if (plain && char === '\\' && i + 1 < chars.length) {
      i += 1;
      nodes.push(exactly(chars[i]?.char ?? ''));
    } else if (plain && char === '[') {
      const set = bracket(chars, i + 1);
      if (set === 'unknown') return null;
      nodes.push(set?.node ?? exactly('['));
      i = set?.end ?? i;
    } else nodes.push(exactly(char));
  }
  return nodes;
}

const exactly =
  (wanted: string): Node =>
  (char) =>
    char === wanted;

function bracket(chars: readonly Char[], start: number): { node: Node; end: number } | 'unknown' | null {
  const at = (i: number, char: string): boolean => chars[i]?.char === char && chars[i].active;
  const negated = at(start, '!') || at(start, '^');
  const tests: ((char: string) => boolean)[] = [];
  const first = negated ? start + 1 : start;
  for (let i = first; i < chars.length; i++) {
    if (at(i, ']') && i > first) {
      return { node: (char) => tests.some((test) => test(char)) !== negated, end: i };
    }
    if (at(i, '\\') || at(i, '/')) return 'unknown';
    const next = chars[i + 1]?.char ?? '';
    if (at(i, '[') && /[:.=]/.test(next)) {
      const name = /^:([a-z]+):\]/.exec(
        chars
          .slice(i + 1, i + 12)
          .map(({ char }) => char)
          .join(''),
      )?.[1];
      const members = CLASSES[name ?? ''];
      if (name === undefined || members === undefined) return 'unknown';
      tests.push((char) => members.test(char));
      i += name.length + 3;
      continue;
    }
    const low = chars[i]?.char ?? '';
    if (at(i + 1, '-') && i + 2 < chars.length && !at(i + 2, ']')) {
      const high = chars[i + 2]?.char ?? '';
      if (!/^[\0-~]{2}$/.test(low + high) || at(i + 2, '[')) return 'unknown';
      tests.push((char) => char >= low && char <= high);
      i += 2;
    } else tests.push((char) => char === low);
  }
  return null;
}

/** More steps than this are not taken over one text. */
const MOST_STEPS = 4_000_000;

/** Whether matching within the text stays cheap, when it is tried at so many places. */
export const affordable = (pattern: Pattern, text: string, starts: number): boolean =>
  text.length * (pattern.length + 1) * starts <= MOST_STEPS;

/** Where matches that begin at `start` can end, in ascending order. */
export function ends(pattern: Pattern, text: readonly string[], start: number): number[] {
  let here: number[] = [start];
  for (const node of pattern) {
    const [first] = here;
    if (first === undefined) return [];
    here =
      node === 'many'
        ? Array.from({ length: text.length - first + 1 }, (_, i) => first + i)
        : here.flatMap((i) => {
            const char = text[i];
            return char !== undefined && (node === 'any' || node(char)) ? [i + 1] : [];
          });
  }
  return here;
}

/** Whether the pattern fits the whole text. */
export const fits = (pattern: Pattern, text: readonly string[]): boolean =>
  ends(pattern, text, 0).at(-1) === text.length;

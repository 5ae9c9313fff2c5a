import type { Atom } from './atoms.ts';

/** More results than this are not worked out. */
const MOST = 64;

type Atoms = readonly Atom[];

/** The words that a brace expansion makes of one; null where they are too many or cannot be told. */
export const braces = (word: Atoms): Atoms[] | null =>
  word.filter((atom) => is(atom, '{')).length > MOST ? null : expand(word);

function expand(word: Atoms): Atoms[] | null {
  let results: Atoms[] = [[]];
  for (let rest = word; rest.length > 0;) {
    const open = firstOpen(rest);
    if (open === null) return product(results, [rest]);
    const amble = rest.slice(open.start + 1, open.end);
    const after = rest.slice(open.end + 1);
    const choices = amble.some(comma) ? alternatives(amble) : sequence(amble);
    if (choices === 'unknown') return null;
    const tack = choices ?? [rest.slice(open.start, open.end + 1)];
    const grown = product(results, product([rest.slice(0, open.start)], tack) ?? []);
    if (grown === null || grown.length === 0) return null;
    results = grown;
    rest = after;
  }
  return results;
}

const is = (atom: Atom | undefined, char: string): boolean =>
  atom !== undefined && 'char' in atom && atom.char === char;

/** Here bash does not look whether a comma stands in quotes. */
const comma = (atom: Atom): boolean =>
  'part' in atom
    ? atom.part.text.includes(',')
    : 'char' in atom
      ? atom.char === ','
      : /,./s.test(atom.quoted);

function product(lefts: readonly Atoms[], rights: readonly Atoms[]): Atoms[] | null {
  if (lefts.length * rights.length > MOST) return null;
  return lefts.flatMap((left) => rights.map((right) => [...left, ...right]));
}

/** The first brace that has a fitting end. */
function firstOpen(word: Atoms): { start: number; end: number } | null {
  for (const [start, atom] of word.entries()) {
    if (!is(atom, '{') || (start === 0 && is(word[1], '}'))) continue;
    const end = close(word, start + 1);
    if (end !== -1) return { start, end };
  }
  return null;
}

/** Bash takes no brace for the end before it has seen a comma or a range on the same level. */
function close(word: Atoms, start: number): number {
  let level = 0;
  let separated = false;
  for (let i = start; i < word.length; i++) {
    const atom = word[i];
    if (is(atom, '}') && level === 0 && separated) return i;
    if (is(atom, '{')) level += 1;
    else if (is(atom, '}') && level > 0) level -= 1;
    else if (level > 0) continue;
    else if (is(atom, ',')) separated = true;
    else if (is(atom, '.') && is(word[i + 1], '.') && !is(word[i + 2], '}')) separated = true;
  }
  return -1;
}

function alternatives(amble: Atoms): Atoms[] | 'unknown' {
  const results: Atoms[] = [];
  let level = 0;
  let start = 0;
  for (let i = 0; i <= amble.length; i++) {
    const atom = amble[i];
    if (is(atom, '{')) level += 1;
    else if (is(atom, '}') && level > 0) level -= 1;
    if (atom !== undefined && !(is(atom, ',') && level === 0)) continue;
    const words = start === i ? [[]] : expand(amble.slice(start, i));
    if (words === null || results.length + words.length > MOST) return 'unknown';
    results.push(...words);
    start = i + 1;
  }
  return results;
}

const INTEGERS = /^([-+]?\d+)\.\.([-+]?\d+)(?:\.\.([-+]?\d+))?$/;
const LETTERS = /^([A-Za-z])\.\.([A-Za-z])(?:\.\.([-+]?\d+))?$/;

function sequence(amble: Atoms): Atoms[] | 'unknown' | null {
  const text = amble.map((atom) => ('char' in atom ? atom.char : '\0')).join('');
  const [, first = '', last = '', step = '1'] = INTEGERS.exec(text) ?? LETTERS.exec(text) ?? [];
  if (first === '') return null;
  if (text.length > 60) return 'unknown';
  const letters = LETTERS.test(text);
  // The characters between Z and a have a meaning of their own to what comes next.
  if (letters && first < 'a' !== last < 'a') return 'unknown';
  const number = (term: string): number => (letters ? term.charCodeAt(0) : Number(term));
  const by = Math.abs(Number(step)) || 1;
  const steps = Math.floor(Math.abs(number(last) - number(first)) / by);
  if (!Number.isSafeInteger(number(first)) || !Number.isSafeInteger(number(last)) || steps >= MOST)
    return 'unknown';
  const padded = [first, last].some((term) => /^-?0\d/.test(term));
  const width = padded ? Math.max(first.length, last.length) : 0;
  const direction = number(last) < number(first) ? -by : by;
  return Array.from({ length: steps + 1 }, (_, i) => {
    const term = number(first) + i * direction;
    return Array.from(letters ? String.fromCharCode(term) : pad(term, width), (char) => ({ char }));
  });
}

const pad = (term: number, width: number): string =>
  term < 0 ? `-${String(-term).padStart(width - 1, '0')}` : String(term).padStart(width, '0');

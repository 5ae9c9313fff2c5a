import type { Span } from '../../core/secrets.ts';

/** Shorter ones would be found everywhere. */
const SHORTEST = 8;
/** A longer value is sought in pieces of this length, so that no comparison is long. */
const LONGEST = 256;
const MOST_PIECES = 16;
/** Values that begin alike are compared one by one; with more, what they share is the secret. */
const MOST_ALIKE = 8;
/** Without their signs some values are words that stand everywhere. */
const COMMON = /^(?:my|your)?(?:password|passphrase|username|database|localhost|undefined)s?$/;
const FACTOR = 31;
const LEAVES = Math.imul(FACTOR ** 4, FACTOR ** 4); // The weight of the character that leaves the hash: 31 to the 8th.

/** A value that is a secret, or what follows its name in `NAME=value`: the first `keep` characters are shown. */
export interface KnownValue {
  readonly text: string;
  readonly keep?: number;
}

/** A text as its letters and digits alone, so that a value is found however it is wrapped, spaced out or listed. */
interface Folded {
  readonly text: string;
  /** Where in the original each character stands. */
  readonly at: Int32Array;
}

interface Needle {
  readonly text: string;
  readonly keep: number;
  /** The value as it is, whose first and last signs are masked too where it stands like that. */
  readonly plain: string;
}

/**
 * Finds values in a text, also wrapped, spaced out, in other case, in base64, hexadecimal or percent encoding. Takes
 * time linear in the text, whatever is in it: a rolling hash of eight characters says where to look.
 */
export function knownValues(values: Iterable<KnownValue>): (text: string) => Span[] {
  const needles = new Map<number, Needle[]>();
  const [known, exact] = [new Set<string>(), new Set<string>()];
  for (const value of values) {
    const found = needlesOf(value);
    if (found.length === 0 && value.keep === undefined) exact.add(value.text);
    for (const needle of found) {
      if (known.has(needle.text)) continue;
      known.add(needle.text);
      const hash = hashOf(needle.text);
      needles.set(hash, [...(needles.get(hash) ?? []), needle]);
    }
  }
  const filter = new Uint8Array(65_536);
  for (const [hash, alike] of needles) {
    filter[hash >>> 16] = 1;
    const shared = alike[0]?.text.slice(0, SHORTEST) ?? '';
    if (alike.length > MOST_ALIKE) needles.set(hash, [{ text: shared, keep: 0, plain: shared }]);
  }
  return (text) => {
    const spans = [...exact].flatMap((value) => placesOf(value, text));
    if (needles.size === 0) return spans;
    const folded = fold(text);
    let hash = 0;
    for (let i = 0; i < folded.text.length; i++) {
      hash = (Math.imul(hash, FACTOR) + folded.text.charCodeAt(i)) | 0;
      if (i >= SHORTEST) hash = (hash - Math.imul(LEAVES, folded.text.charCodeAt(i - SHORTEST))) | 0;
      if (i < SHORTEST - 1 || filter[hash >>> 16] === 0) continue;
      const start = i - SHORTEST + 1;
      for (const needle of needles.get(hash) ?? [])
        if (folded.text.startsWith(needle.text, start)) spans.push(spanOf(needle, start, folded, text));
    }
    return spans;
  };
}

function spanOf({ text: needle, keep, plain }: Needle, at: number, folded: Folded, text: string): Span {
  const start = folded.at[at + keep] ?? 0;
  const end = (folded.at[at + needle.length - 1] ?? 0) + 1;
  const begins = start - plain.search(/[^\W_]/);
  return keep === 0 && text.startsWith(plain, begins)
    ? { start: begins, end: Math.max(end, begins + plain.length) }
    : { start, end };
}

function placesOf(value: string, text: string): Span[] {
  const spans: Span[] = [];
  for (let at = text.indexOf(value); at >= 0; at = text.indexOf(value, at + value.length))
    spans.push({ start: at, end: at + value.length });
  return spans;
}

function hashOf(text: string): number {
  let hash = 0;
  for (let i = 0; i < SHORTEST; i++) hash = (Math.imul(hash, FACTOR) + text.charCodeAt(i)) | 0;
  return hash;
}

/** Everything that a value is sought as; nothing where it is made of signs, or is a common word without them. */
function needlesOf({ text, keep = 0 }: KnownValue): Needle[] {
  const letters = fold(text).text;
  if (letters.length < SHORTEST) return [];
  if (keep > 0) {
    const shown = fold(text.slice(0, keep)).text.length;
    return shown === letters.length ? [] : [{ text: letters.slice(0, LONGEST), keep: shown, plain: text }];
  }
  if (letters.length * 3 < text.length * 2 || COMMON.test(letters)) return [];
  const bytes = Buffer.from(text, 'utf8');
  const forms = [
    bytes.toString('hex'),
    encodeURIComponent(text),
    JSON.stringify(text).slice(1, -1),
    ...base64Of(bytes),
  ];
  return [letters, ...forms.map((form) => fold(form).text)]
    .flatMap(pieces)
    .map((piece) => ({ text: piece, keep: 0, plain: text }));
}

/** What of a value's base64 does not depend on what stands before and after it, for each way of lying in the groups. */
function base64Of(bytes: Buffer): string[] {
  return [0, 1, 2].map((before) => {
    const encoded = Buffer.concat([Buffer.alloc(before), bytes])
      .toString('base64')
      .replace(/=+$/, '');
    const whole = (before + bytes.length) % 3 === 0;
    return encoded.slice(before === 0 ? 0 : before + 1, whole ? undefined : -1);
  });
}

function pieces(text: string): string[] {
  const found: string[] = [];
  for (let at = 0; at < text.length && found.length < MOST_PIECES; at += LONGEST)
    found.push(text.slice(at, at + LONGEST));
  return found.filter((piece) => piece.length >= SHORTEST);
}

function fold(text: string): Folded {
  const codes = new Uint16Array(text.length);
  const at = new Int32Array(text.length);
  let length = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    const letter = code >= 65 && code <= 90 ? code + 32 : code;
    if (!isLetter(letter)) continue;
    at[length] = i;
    codes[length++] = letter;
  }
  return { text: Buffer.from(codes.buffer, 0, length * 2).toString('utf16le'), at };
}

/** Also of other scripts, but for what has no width. */
const isLetter = (code: number): boolean =>
  (code >= 97 && code <= 122) ||
  (code >= 48 && code <= 57) ||
  (code > 0xbf && !(code >= 0x2000 && code <= 0x206f) && code !== 0xfeff);

import type { Span } from '../../core/secrets.ts';

/** Shorter ones would be found everywhere. */
const SHORTEST = 8;
/** A longer value is sought in pieces of this length, so that no comparison is long. */
const LONGEST = 256;
const MOST_PIECES = 16;
/** Values that begin alike are compared one by one; with more, what they share is the secret. */
const MOST_ALIKE = 8;
const FACTOR = 31;
const LEAVES = Math.imul(FACTOR ** 4, FACTOR ** 4); // The weight of the character that leaves the hash: 31 to the 8th.

/** A value that is a secret, or what follows its name in `NAME=value`: the first `keep` characters are shown. */
export interface KnownValue {
  readonly text: string;
  readonly keep?: number;
}

/** A text without spaces, signs of a diff and case, as which a value is found however it is wrapped. */
interface Folded {
  readonly text: string;
  /** Where in the original each character stands. */
  readonly at: Int32Array;
}

interface Needle {
  readonly text: string;
  readonly keep: number;
}

/**
 * Finds values in a text, also wrapped, spaced out, in other case, in base64, hexadecimal or percent encoding. Takes
 * time linear in the text, whatever is in it: a rolling hash of eight characters says where to look.
 */
export function knownValues(values: Iterable<KnownValue>): (text: string) => Span[] {
  const needles = new Map<number, Needle[]>();
  const known = new Set<string>();
  for (const value of values)
    for (const needle of needlesOf(value)) {
      if (known.has(needle.text)) continue;
      known.add(needle.text);
      const hash = hashOf(needle.text);
      needles.set(hash, [...(needles.get(hash) ?? []), needle]);
    }
  if (needles.size === 0) return () => [];
  const filter = new Uint8Array(65_536);
  for (const [hash, alike] of needles) {
    filter[hash >>> 16] = 1;
    const shared = alike[0]?.text.slice(0, SHORTEST) ?? '';
    if (alike.length > MOST_ALIKE) needles.set(hash, [{ text: shared, keep: 0 }]);
  }
  return (text) => {
    const spans: Span[] = [];
    const folded = fold(text);
    let hash = 0;
    for (let i = 0; i < folded.text.length; i++) {
      hash = (Math.imul(hash, FACTOR) + folded.text.charCodeAt(i)) | 0;
      if (i >= SHORTEST) hash = (hash - Math.imul(LEAVES, folded.text.charCodeAt(i - SHORTEST))) | 0;
      if (i < SHORTEST - 1 || filter[hash >>> 16] === 0) continue;
      const start = i - SHORTEST + 1;
      for (const needle of needles.get(hash) ?? [])
        if (folded.text.startsWith(needle.text, start))
          spans.push({
            start: folded.at[start + needle.keep] ?? 0,
            end: (folded.at[start + needle.text.length - 1] ?? 0) + 1,
          });
    }
    return spans;
  };
}

function hashOf(text: string): number {
  let hash = 0;
  for (let i = 0; i < SHORTEST; i++) hash = (Math.imul(hash, FACTOR) + text.charCodeAt(i)) | 0;
  return hash;
}

/** Everything that a value is sought as. */
function needlesOf({ text, keep = 0 }: KnownValue): Needle[] {
  const plain = fold(text).text;
  if (plain.length < SHORTEST) return [];
  if (keep > 0) return [{ text: plain.slice(0, LONGEST), keep: fold(text.slice(0, keep)).text.length }];
  const bytes = Buffer.from(text, 'utf8');
  const forms = [plain, plain.replace(/^[-+>|]/, ''), fold(JSON.stringify(text).slice(1, -1)).text];
  forms.push(bytes.toString('hex'), fold(encodeURIComponent(text)).text, ...base64Of(bytes));
  return forms.flatMap(pieces).map((piece) => ({ text: piece, keep: 0 }));
}

/** What of a value's base64 does not depend on what stands before and after it, for each way of lying in the groups. */
function base64Of(bytes: Buffer): string[] {
  return [0, 1, 2].map((before) => {
    const encoded = Buffer.concat([Buffer.alloc(before), bytes])
      .toString('base64')
      .replace(/=+$/, '');
    const whole = (before + bytes.length) % 3 === 0;
    return fold(encoded.slice(before === 0 ? 0 : before + 1, whole ? undefined : -1)).text;
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
  let before = 10;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    const isSign = before === 10 && i > 0 && (code === 43 || code === 45 || code === 62 || code === 124);
    before = code;
    if (isSign || isSpace(code)) continue;
    at[length] = i;
    codes[length++] = plainCode(code);
  }
  return { text: Buffer.from(codes.buffer, 0, length * 2).toString('utf16le'), at };
}

/** Spaces, control characters, and what has no width. */
const isSpace = (code: number): boolean =>
  code <= 32 || code === 127 || code === 0xa0 || (code >= 0x200b && code <= 0x200f) || code === 0xfeff;

/** Small letters; `-` and `_` as base64 has them outside of addresses. */
function plainCode(code: number): number {
  if (code >= 65 && code <= 90) return code + 32;
  if (code === 45) return 43;
  return code === 95 ? 47 : code;
}

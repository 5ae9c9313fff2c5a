const DIGEST =
  /^(?:(?:sha\d{1,3}|md5|blake\w{1,4})[-:].*|[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{56}|[0-9a-f]{64}|[0-9a-f]{96}|[0-9a-f]{128}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|\S*@sha256:[0-9a-f]{64})$/is;
const SHORTEST = 16;
/** Bits a character; what people write has less for its length. */
const LEAST_ENTROPY = 3;
const MOST_LOOKED_AT = 64;

/** Hashes, commit ids, UUIDs, `integrity=` values and the digests of images. */
export const isDigest = (value: string): boolean => DIGEST.test(value);

/** Whether a word looks as if it had been drawn by lot: letters and digits mixed, and none of them often. */
export function looksRandom(whole: string): boolean {
  const value = whole.slice(0, MOST_LOOKED_AT);
  if (value.length < SHORTEST || !/^[\w+/=.~%!@#^*-]+$/.test(value)) return false;
  if (!/\d/.test(value) || !/[A-Za-z]/.test(value)) return false;
  // Paths, dotted names, versions and dates are made of short words.
  if (value.split(/[/.:_-]/).every((part) => part.length < 12)) return false;
  return entropy(value) >= LEAST_ENTROPY;
}

/** Shannon's, in bits a character. */
function entropy(text: string): number {
  const counts = new Map<string, number>();
  for (const c of text) counts.set(c, (counts.get(c) ?? 0) + 1);
  let bits = 0;
  for (const count of counts.values()) bits -= (count / text.length) * Math.log2(count / text.length);
  return bits;
}

/**
 * Whether a value is, or could hold, a command: an agent must not be able to keep one out of the record by calling it
 * a secret. Words with spaces between them count unless they are nothing but words.
 */
export const couldRun = (value: string): boolean =>
  /[`]|\$[({]/.test(value) || (/\s/.test(value) && !/^[\w !?@#%^*+=,]+$/.test(value));

const decoder = new TextDecoder();

/** The text that base64 stands for; its bytes are taken as UTF-8. */
export function base64(encoded: string): string {
  const bytes = Uint8Array.from(Buffer.from(encoded, 'base64'));
  return decoder.decode(bytes);
}

export function hexadecimal(encoded: string): string {
  return decoder.decode(Uint8Array.from(Buffer.from(encoded.replaceAll(/\s/g, ''), 'hex')));
}

export const rot13 = (plain: string): string =>
  plain.replaceAll(/[a-z]/gi, (letter) => {
    const base = letter <= 'Z' ? 65 : 97;
    return String.fromCharCode(((letter.charCodeAt(0) - base + 13) % 26) + base);
  });

export const reversed = (plain: string): string => Array.from(plain).toReversed().join('');

export const character = (code: number): string => {
  const isCharacter = Number.isInteger(code) && code >= 0 && code <= 0x10ffff;
  return isCharacter ? String.fromCodePoint(code) : '\uFFFD';
};

/** `tr/a-z/b-za/`: each character by the one at its place. */
export function translated(plain: string, from: string, to: string): string {
  const [before, after] = [ranges(from), ranges(to)];
  return Array.from(plain)
    .map((one) => {
      const at = before.indexOf(one);
      return at === -1 ? one : (after[Math.min(at, after.length - 1)] ?? '');
    })
    .join('');
}

const ranges = (set: string): string[] => Array.from(set.replaceAll(/(.)-(.)/gs, span));

function span(_: string, first: string, last: string): string {
  const from = first.charCodeAt(0);
  const length = Math.max(0, Math.min(256, last.charCodeAt(0) - from + 1));
  return Array.from({ length }, (_unused, index) => String.fromCharCode(from + index)).join('');
}

import { closeSync, openSync, readSync } from 'node:fs';

/** Larger than any of the files that the kernel makes for one group. */
const buffer = Buffer.allocUnsafe(65_536);

/** What a file of the kernel's says, at most 64 KiB; null where it cannot be read. Two hundred groups have many of them. */
export function readSmall(path: string): string | null {
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch {
    return null;
  }
  try {
    return buffer.toString('latin1', 0, readSync(file, buffer, 0, buffer.length, 0));
  } catch {
    return null;
  } finally {
    closeSync(file);
  }
}

/** The number after a word at the beginning of a line. */
export function numberAfter(text: string | null, word: string): number | undefined {
  if (text === null) return undefined;
  const start = text.startsWith(`${word} `) ? 0 : text.indexOf(`\n${word} `) + 1;
  if (start === 0 && !text.startsWith(`${word} `)) return undefined;
  const value = Number.parseInt(text.slice(start + word.length + 1, start + word.length + 24), 10);
  return Number.isNaN(value) ? undefined : value;
}

/** A file that holds one number; undefined for `max` and where there is none. */
export function numberIn(path: string): number | undefined {
  const value = Number.parseInt(readSmall(path) ?? '', 10);
  return Number.isNaN(value) ? undefined : value;
}

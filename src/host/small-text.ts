import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';

const MOST_BYTES = 64 * 1024;

/** What a small regular file of text, of so many bytes at most, holds; null where it is none. A pipe or a device is never waited for. */
export function smallText(path: string, most = MOST_BYTES): string | null {
  let file: number;
  try {
    file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
  } catch {
    return null;
  }
  try {
    const stats = fstatSync(file);
    if (!stats.isFile() || stats.size > most) return null;
    const bytes = Buffer.alloc(stats.size);
    const read = readSync(file, bytes, 0, stats.size, 0);
    const text = bytes.toString('utf8', 0, read);
    return text.includes('\0') ? null : text;
  } catch {
    return null;
  } finally {
    closeSync(file);
  }
}

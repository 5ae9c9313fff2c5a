import {
  closeSync,
  constants,
  fstatSync,
  ftruncateSync,
  openSync,
  readSync,
  renameSync,
  writeSync,
} from 'node:fs';
import { dataExtents } from '../syscalls.ts';

const CHUNK = 1 << 20;
const READ = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
const WRITE = constants.O_WRONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/** Gives a file new content in the same inode, so that its other names have it too; its own goes to `kept` first. */
export function rewrite(from: Buffer, entry: Buffer, kept: Buffer): void {
  const half = Buffer.concat([kept, Buffer.from('.half')]);
  copyContent(entry, half, constants.O_CREAT);
  // Under its name it is whole: only then may the original change.
  renameSync(half, kept);
  copyContent(from, entry);
}

/** Copies the bytes of one file into another, with its holes, and no attributes. */
export function copyContent(from: Buffer, to: Buffer, flags = 0): void {
  const source = openSync(from, READ);
  try {
    const target = openSync(to, WRITE | flags, 0o600);
    try {
      const { size } = fstatSync(source);
      ftruncateSync(target, 0);
      ftruncateSync(target, size);
      for (const [start, end] of dataExtents(source, size)) copyExtent(source, target, start, end);
    } finally {
      closeSync(target);
    }
  } finally {
    closeSync(source);
  }
}

function copyExtent(source: number, target: number, start: number, end: number): void {
  const buffer = Buffer.allocUnsafe(Math.min(CHUNK, end - start));
  for (let at = start; at < end;) {
    const bytes = readSync(source, buffer, 0, Math.min(buffer.length, end - at), at);
    // Cut short meanwhile: its length tells.
    if (bytes === 0) return;
    for (let done = 0; done < bytes;) done += writeSync(target, buffer, done, bytes - done, at + done);
    at += bytes;
  }
}

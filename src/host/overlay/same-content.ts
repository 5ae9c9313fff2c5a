import { closeSync, constants, openSync, readSync } from 'node:fs';
import type { Print } from '../../core/plan.ts';
import { fsPath } from '../journal/print.ts';

const BLOCK = 1 << 18;

/** An entry on disk: its path, in latin1, and what `lstat` says of it. */
export interface Standing {
  readonly path: string;
  readonly print: Print;
}

/** Whether two entries hold the same: the bytes of files, the target of links; mode, owner and times may differ. */
export function sameContent(one: Standing, other: Standing): boolean {
  if (one.print.type !== other.print.type || one.print.size !== other.print.size) return false;
  if (one.print.type === 'symlink') return one.print.target === other.print.target;
  if (one.print.type === 'device') return one.print.rdev === other.print.rdev;
  return one.print.type !== 'file' || one.print.size === 0 || sameBytes(one.path, other.path);
}

function sameBytes(one: string, other: string): boolean {
  const fds: number[] = [];
  try {
    for (const path of [one, other])
      fds.push(openSync(fsPath(path), constants.O_RDONLY | constants.O_NOFOLLOW));
    const [a, b] = fds as [number, number];
    const [left, right] = [Buffer.allocUnsafe(BLOCK), Buffer.allocUnsafe(BLOCK)];
    for (;;) {
      const read = readSync(a, left, 0, BLOCK, null);
      if (read !== readSync(b, right, 0, BLOCK, null)) return false;
      if (read === 0) return true;
      if (left.compare(right, 0, read, 0, read) !== 0) return false;
    }
  } catch (error) {
    // The kernel may copy what its owner has taken the right to read from.
    if ((error as NodeJS.ErrnoException).code === 'EACCES') return false;
    throw error;
  } finally {
    for (const fd of fds) closeSync(fd);
  }
}

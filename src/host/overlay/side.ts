import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';
import type { Side } from '../../core/effects.ts';
import type { Print } from '../../core/plan.ts';
import { fsPath } from '../journal/print.ts';
import { textOfName } from './names.ts';

const LONGEST_TEXT = 262_144;

/** How many bytes of text may still be read. */
export interface Budget {
  bytes: number;
}

/** One side of a change: what stands at a path on disk. Its text is read only where a budget for that is given. */
export function sideOf(
  path: string,
  print: Print,
  budget: Budget | null,
  fingerprint: ((content: Uint8Array) => string) | null,
): Side {
  const isShort = print.type === 'file' && print.size <= LONGEST_TEXT;
  const content = fingerprint !== null && isShort ? contentAt(path, print) : null;
  const mark = content === null ? '' : `, fingerprint ${fingerprint?.(content) ?? ''}`;
  return {
    text: budget === null ? null : textAt(path, print, budget),
    summary: `${summaryOf(print)}${mark}`,
  };
}

export function summaryOf(print: Print): string {
  const mode = print.mode.toString(8).padStart(4, '0');
  if (print.type === 'symlink') return `link to ${textOfName(print.target ?? '?')}`;
  if (print.type === 'directory') return `folder ${mode}`;
  return print.type === 'file' ? `file ${mode}, ${print.size} bytes` : `${print.type} ${mode}`;
}

function textAt(path: string, print: Print, budget: Budget): string | null {
  if (print.type !== 'file' || print.size > Math.min(LONGEST_TEXT, budget.bytes)) return null;
  const content = contentAt(path, print);
  if (content === null || content.includes(0)) return null;
  budget.bytes -= content.length;
  return content.toString('utf8');
}

/** The bytes of the inode that a print tells of; null where another one stands there by now, or it cannot be read. */
function contentAt(path: string, print: Print): Buffer | null {
  let fd: number;
  try {
    fd = openSync(fsPath(path), constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch {
    return null;
  }
  try {
    const stats = fstatSync(fd, { bigint: true });
    const isSame = String(stats.ino) === print.ino && stats.isFile() && Number(stats.size) === print.size;
    return isSame ? readFileSync(fd) : null;
  } finally {
    closeSync(fd);
  }
}

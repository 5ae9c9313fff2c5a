import {
  closeSync,
  fdatasyncSync,
  fstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import * as z from 'zod';
import type { Signed } from './audit-signer.ts';

const headSchema = z.object({
  /** `day`: the last record of a sealed day. */
  kind: z.enum(['interval', 'day']),
  seq: z.number().int().positive(),
  hash: z.string(),
  /** When it was signed; ISO 8601. */
  time: z.string(),
  key: z.string(),
  signature: z.string(),
});

/** A statement that the chain had this record at its end. */
export type Head = Omit<z.infer<typeof headSchema>, 'key' | 'signature'>;
export type SignedHead = Signed<Head>;

const TAIL_BYTES = 16_384;

/** Adds a line; what several processes add at once stands in lines of its own. */
export function addHead(path: string, head: SignedHead): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const file = openSync(path, 'a', 0o600);
  try {
    // One write of less than a page; a line that a crash has cut off is ended first.
    writeSync(file, `${endsOpen(path, fstatSync(file).size) ? '\n' : ''}${JSON.stringify(head)}\n`);
    fdatasyncSync(file);
  } finally {
    closeSync(file);
  }
}

function endsOpen(path: string, size: number): boolean {
  if (size === 0) return false;
  const file = openSync(path, 'r');
  try {
    const last = Buffer.alloc(1);
    readSync(file, last, 0, 1, size - 1);
    return last.toString() !== '\n';
  } finally {
    closeSync(file);
  }
}

/** Every head of a file; a line that a crash has cut off is none. Of a file that is not there, none. */
export const readHeads = (path: string): SignedHead[] => headsIn(linesOf(path, 0));

/** The heads that stand in lines; others are passed over. */
export const headsIn = (lines: readonly string[]): SignedHead[] =>
  lines.map(parsed).filter((head) => head !== null);

/** The newest head of a file, without reading all of it. */
export function lastHead(path: string): SignedHead | null {
  return headsIn(linesOf(path, TAIL_BYTES)).at(-1) ?? null;
}

function parsed(line: string): SignedHead | null {
  try {
    return headSchema.parse(JSON.parse(line));
  } catch {
    return null;
  }
}

/** The last so many bytes of a file in lines, or all of it for 0. */
function linesOf(path: string, tail: number): string[] {
  try {
    const text = tail === 0 ? readFileSync(path, 'utf8') : readTail(path, tail);
    return text.split('\n').filter((line) => line.trim() !== '');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

function readTail(path: string, bytes: number): string {
  const file = openSync(path, 'r');
  try {
    const { size } = fstatSync(file);
    const buffer = Buffer.alloc(Math.min(bytes, size));
    readSync(file, buffer, 0, buffer.length, size - buffer.length);
    return buffer.toString();
  } finally {
    closeSync(file);
  }
}

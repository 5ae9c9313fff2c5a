import {
  closeSync,
  fdatasyncSync,
  fstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  statSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import * as z from 'zod';
import type { Signed } from './audit-signer.ts';

const headSchema = z.object({
  /**
   * `day`: the last record of a sealed day. `accepted`: a person's word that what was signed before of the records
   * `from` on, and does not agree, was replaced on purpose.
   */
  kind: z.enum(['interval', 'day', 'accepted']),
  from: z.number().int().positive().optional(),
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
/** Of the heads that are read at once: some hundreds. */
const NEXT_BYTES = 131_072;

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

/**
 * The next heads behind so many bytes of a file, and how many bytes it is to their end; of a file that has become
 * shorter, the first ones.
 */
export function headsAfter(path: string, bytes: number): { heads: SignedHead[]; end: number } {
  const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  const from = bytes > size ? 0 : bytes;
  if (from === size) return { heads: [], end: size };
  const text = readPart(path, from, NEXT_BYTES);
  // A line that another process is writing is not taken yet.
  const whole = text.subarray(0, text.lastIndexOf(10) + 1);
  return { heads: headsIn(whole.toString().split('\n')), end: from + whole.length };
}

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
    const from = tail === 0 ? 0 : Math.max(0, statSync(path).size - tail);
    const text = tail === 0 ? readFileSync(path, 'utf8') : readPart(path, from, tail).toString();
    return text.split('\n').filter((line) => line.trim() !== '');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

function readPart(path: string, from: number, bytes: number): Buffer {
  const file = openSync(path, 'r');
  try {
    const buffer = Buffer.alloc(bytes);
    return buffer.subarray(0, readSync(file, buffer, 0, bytes, from));
  } finally {
    closeSync(file);
  }
}

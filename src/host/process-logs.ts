import { closeSync, mkdirSync, openSync, readFileSync, readdirSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { OutputLogs } from '../core/processes.ts';

/** A stream is kept in pieces named by where in it they begin; of each process at most so many are. */
const PIECE_BYTES = 1_048_576;
const PIECES = 4;

/** What long-running processes say, a folder for each below the given one. */
export function openLogs(base: string): OutputLogs {
  return {
    open(id) {
      const folder = join(base, id);
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      const [stdout, stderr] = [writer(folder, 'stdout'), writer(folder, 'stderr')];
      return (stream, chunk) => (stream === 'stdout' ? stdout : stderr)(chunk);
    },
    read(id, stream, from, maxBytes) {
      const folder = join(base, id);
      const kept = pieces(folder, stream).map((start) => ({ start, bytes: bytesOf(folder, stream, start) }));
      const all = Buffer.concat(kept.map(({ bytes }) => bytes));
      const first = kept[0]?.start ?? 0;
      const end = first + all.length;
      const start = Math.min(end, Math.max(first, from ?? end - maxBytes));
      return { start, bytes: all.subarray(start - first, start - first + maxBytes), first, end };
    },
    remove: (id) => rmSync(join(base, id), { recursive: true, force: true }),
  };
}

function writer(folder: string, stream: string): (chunk: Uint8Array) => void {
  let [start, length] = [0, 0];
  const append = (chunk: Uint8Array): void => {
    const file = openSync(join(folder, `${stream}.${start}`), 'a', 0o600);
    try {
      for (let done = 0; done < chunk.length;) done += writeSync(file, chunk, done);
    } finally {
      closeSync(file);
    }
    length += chunk.length;
    if (length < PIECE_BYTES) return;
    [start, length] = [start + length, 0];
    for (const old of pieces(folder, stream).slice(0, 1 - PIECES)) rmSync(join(folder, `${stream}.${old}`));
  };
  return (chunk) => {
    try {
      append(chunk);
    } catch {
      // A full disk does not end what runs; what it says meanwhile is lost.
    }
  };
}

/** Where the kept pieces begin, the oldest first. */
function pieces(folder: string, stream: string): number[] {
  return namesIn(folder)
    .filter((name) => name.startsWith(`${stream}.`))
    .map((name) => Number(name.slice(stream.length + 1)))
    .toSorted((a, b) => a - b);
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** Empty where it was dropped meanwhile. */
function bytesOf(folder: string, stream: string, start: number): Buffer {
  try {
    return readFileSync(join(folder, `${stream}.${start}`));
  } catch {
    return Buffer.alloc(0);
  }
}

import { appendFileSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Sample } from '../core/metrics.ts';

/** Files of the ring: the oldest goes when one more would be too many. */
const FILES = 16;

/**
 * The last samples, as lines of JSON in a few files that together never grow beyond a size. They are numbers of no
 * weight: what a power failure or a full disk takes of them is left out, and nothing else waits for them.
 */
export interface SampleRing {
  /** False where another process has just put one down. */
  add(sample: Sample, intervalMs: number): boolean;
  /** Those since then, the oldest first. */
  since(ms: number): Sample[];
}

/** Each file is named for the time of its first sample. */
const NAME = /^(\d{13,16})\.jsonl$/;

export function sampleRing(folder: string, mostBytes: number): SampleRing {
  const files = (): string[] => {
    try {
      return readdirSync(folder)
        .filter((name) => NAME.test(name))
        .toSorted();
    } catch {
      return [];
    }
  };
  return {
    add(sample, intervalMs) {
      const all = files();
      const newest = all.at(-1);
      const state =
        newest === undefined ? undefined : statSync(join(folder, newest), { throwIfNoEntry: false });
      if (state !== undefined && Math.abs(sample.at_ms - state.mtimeMs) < intervalMs / 2) return false;
      const line = `${JSON.stringify(sample)}\n`;
      const isFull = state === undefined || state.size + line.length > mostBytes / FILES;
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      const path = join(folder, isFull || newest === undefined ? `${sample.at_ms}.jsonl` : newest);
      // A line that alone is more than a file may hold is not kept.
      if (line.length <= mostBytes / FILES) appendFileSync(path, line, { mode: 0o600 });
      for (const old of isFull ? all.slice(0, Math.max(0, all.length - FILES + 1)) : [])
        rmSync(join(folder, old), { force: true });
      return true;
    },
    since(ms) {
      const all = files();
      // The last file that begins before then has samples of after it.
      const first = Math.max(
        0,
        all.findLastIndex((name) => Number(NAME.exec(name)?.[1]) <= ms),
      );
      return all
        .slice(first)
        .flatMap((name) => samplesIn(join(folder, name)).filter(({ at_ms }) => at_ms >= ms));
    },
  };
}

function samplesIn(path: string): Sample[] {
  try {
    return readFileSync(path, 'utf8').split('\n').flatMap(parsed);
  } catch {
    return [];
  }
}

/** What was torn in mid-write is no sample. */
function parsed(line: string): Sample[] {
  try {
    const sample = JSON.parse(line) as Partial<Sample> | null;
    return typeof sample?.at_ms === 'number' && sample.host !== undefined && sample.containers !== undefined
      ? [sample as Sample]
      : [];
  } catch {
    return [];
  }
}

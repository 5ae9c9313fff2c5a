import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import * as z from 'zod';
import { sha256 } from './objects.ts';

/** Stands in a row for what lies in a file of its own. */
const referenceSchema = z.strictObject({ apart: z.string().regex(/^[\w-]{1,64}$/), sha256: z.string() });
export type Reference = z.infer<typeof referenceSchema>;

/**
 * What must not lie in the database, such as the raw input of an action that waits: each a file of its own, for the
 * owner alone, gone when the transaction that lets go of it is on disk.
 */
export interface Apart {
  /** Durable before it is named by any row. */
  put(id: string, value: unknown): Reference;
  /** Null where it is gone, or is not what was put. */
  get(reference: Reference): unknown;
  /** To be removed with the transaction's end. */
  drop(reference: Reference): void;
  /** Takes back what was put and let go of since. */
  mark(): () => void;
  /** Removes what the transaction let go of or, where it came to nothing, what it put. */
  settle(committed: boolean): void;
  /** Removes what no row names and what is older; a process killed between file and row leaves one. */
  sweep(named: ReadonlySet<string>, beforeMs: number): void;
}

export const referenceIn = (value: unknown): Reference | null =>
  referenceSchema.safeParse(value).data ?? null;

export function openApart(folder: string): Apart {
  let [fresh, dropped]: [string[], string[]] = [[], []];
  const remove = (name: string): void => rmSync(join(folder, name), { force: true });
  return {
    put(id, value) {
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      const text = JSON.stringify(value);
      const name = `${id}-${randomBytes(6).toString('hex')}`;
      fresh.push(name);
      writeDurably(join(folder, name), Buffer.from(text), folder);
      return { apart: name, sha256: sha256(text) };
    },
    get({ apart, sha256: digest }) {
      try {
        const text = readFileSync(join(folder, apart), 'utf8');
        return sha256(text) === digest ? (JSON.parse(text) as unknown) : null;
      } catch {
        return null;
      }
    },
    drop: ({ apart }) => void dropped.push(apart),
    mark() {
      const [puts, drops] = [fresh.length, dropped.length];
      return () => {
        fresh.splice(puts).forEach(remove);
        dropped.splice(drops);
      };
    },
    settle(committed) {
      const gone = committed ? dropped : fresh;
      [fresh, dropped] = [[], []];
      gone.forEach(remove);
    },
    sweep(named, beforeMs) {
      for (const name of namesIn(folder)) {
        const age = statSync(join(folder, name), { throwIfNoEntry: false })?.mtimeMs ?? Infinity;
        if (!named.has(name) && age < beforeMs) remove(name);
      }
    },
  };
}

function writeDurably(path: string, bytes: Buffer, folder: string): void {
  const file = openSync(path, 'wx', 0o600);
  try {
    for (let done = 0; done < bytes.length;) done += writeSync(file, bytes, done);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  const parent = openSync(folder, 'r');
  try {
    fsyncSync(parent);
  } finally {
    closeSync(parent);
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

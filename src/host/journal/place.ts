import { lstatSync, mkdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { HomeostatError } from '../../core/errors.ts';
import type { Part, Print, Step } from '../../core/plan.ts';
import { renameWith, setTimes } from '../syscalls.ts';
import { Folders, bytesOf, parentOf } from './folders.ts';
import { printOf } from './print.ts';

/** Where the steps of one part find their things: the root's entries, and what the store holds for them. */
export class Place {
  readonly part: Part;
  readonly folders: Folders;
  /** `<action>/<part>`: the folder in the store that the pre-images go to. */
  readonly own: string;
  private readonly store: string;

  constructor(part: Part, own: string) {
    this.part = part;
    this.own = own;
    this.folders = new Folders(part.root);
    this.store = bytesOf(part.store);
  }

  /** An entry of the root. */
  entry(path: string): Buffer {
    return this.folders.entry(path);
  }

  /** Does something to an entry and gives the folder that it lies in its times back; a later step may set others. */
  keepingTimes(path: string, change: () => void): void {
    const parent = parentOf(path);
    const { atimeNs, mtimeNs } = lstatSync(this.entry(parent), { bigint: true });
    change();
    try {
      setTimes(this.entry(parent), atimeNs, mtimeNs);
    } catch (error) {
      // A folder that may only grow (chattr +a) keeps no times but its own; what was done in it is done.
      if ((error as NodeJS.ErrnoException).code !== 'EPERM') throw error;
    }
  }

  /** What stands there; null also where the folder that it would lie in is not there. */
  print(path: string): Print | null {
    try {
      return printOf(this.entry(path));
    } catch (error) {
      if (error instanceof HomeostatError && error.code === 'world_changed') return null;
      throw error;
    }
  }

  /** The inode that stands there; null as above. */
  inode(path: string): string | null {
    try {
      return inodeAt(this.entry(path));
    } catch (error) {
      if (error instanceof HomeostatError && error.code === 'world_changed') return null;
      throw error;
    }
  }

  /** An entry of the store; no agent reaches it, so it needs no descriptors. */
  stored(path: string): Buffer {
    return Buffer.from(`${this.store}/${path}`, 'latin1');
  }

  /** Where step `index` keeps what stood there. */
  kept(index: number): Buffer {
    return this.stored(`${this.own}/pre/${index}`);
  }

  makeRoom(): void {
    mkdirSync(join(this.part.store, this.own, 'pre'), { recursive: true, mode: 0o700 });
  }
}

/** The inode that stands there; null where nothing does. */
export function inodeAt(entry: Buffer): string | null {
  try {
    return String(lstatSync(entry, { bigint: true }).ino);
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return null;
    throw error;
  }
}

/** What a part tells of its root, so that what is there later can be known for the same. */
export function inodeOfRoot(root: string): { ino?: string } {
  const ino = inodeAt(Buffer.from(root));
  return ino === null ? {} : { ino };
}

/**
 * Where what stood at a path after step `number` stands after the whole plan; null where it has gone. A removal lends
 * what it took to a later step, which puts it elsewhere.
 */
export function laterPath(path: string, number: number, { steps }: Part, own: string): string | null {
  const { removals, borrowers } = movesOf(steps);
  let at: string | null = path;
  for (let next = firstAfter(removals, number); next < removals.length; next++) {
    const index = removals[next] ?? 0;
    const removed = steps[index]?.path ?? '';
    if (at === null) break;
    if (!`${at}/`.startsWith(`${removed}/`)) continue;
    const borrower = borrowers.get(`${own}/pre/${index}`);
    at = borrower === undefined ? null : borrower + at.slice(removed.length);
  }
  return at;
}

interface Moves {
  /** The numbers of the removals, ascending. */
  readonly removals: readonly number[];
  /** Where what lay there in the store is put. */
  readonly borrowers: ReadonlyMap<string, string>;
}

/** Gathered once for all the steps of a part, of which there may be tens of thousands. */
const gathered = new WeakMap<readonly Step[], Moves>();

function movesOf(steps: readonly Step[]): Moves {
  let moves = gathered.get(steps);
  if (moves === undefined) {
    const removals = [...steps.entries()].flatMap(([index, step]) => (step.do === 'remove' ? [index] : []));
    const borrowers = steps.flatMap((step) => (step.do === 'put' ? [[step.from, step.path] as const] : []));
    gathered.set(steps, (moves = { removals, borrowers: new Map(borrowers) }));
  }
  return moves;
}

/** The place in an ascending list of the first number that is greater. */
function firstAfter(numbers: readonly number[], number: number): number {
  let [low, high] = [0, numbers.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((numbers[middle] ?? 0) > number) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** Renames only where nothing stands, else throws EEXIST; where the system cannot, it looks first. */
export function moveIn(from: Buffer, to: Buffer): void {
  if (process.platform === 'linux') return renameWith(from, to, 'noreplace');
  if (inodeAt(to) !== null)
    throw Object.assign(new Error('EEXIST: something stands there'), { code: 'EEXIST' });
  renameSync(from, to);
}

/** Lets two entries change places at once; where the system cannot, by way of a third name. */
export function swap(a: Buffer, b: Buffer): void {
  if (process.platform === 'linux') return renameWith(a, b, 'exchange');
  const aside = Buffer.concat([a, Buffer.from('.swap')]);
  renameSync(a, aside);
  renameSync(b, a);
  renameSync(aside, b);
}

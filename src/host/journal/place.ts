import { lstatSync, mkdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { HomeostatError } from '../../core/errors.ts';
import type { Part, Print } from '../../core/plan.ts';
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
  private readonly dressed: ReadonlySet<string>;

  constructor(part: Part, own: string) {
    this.part = part;
    this.own = own;
    this.folders = new Folders(part.root);
    this.store = bytesOf(part.store);
    this.dressed = new Set(part.steps.flatMap((step) => (step.do === 'attributes' ? [step.path] : [])));
  }

  /** An entry of the root. */
  entry(path: string): Buffer {
    return this.folders.entry(path);
  }

  /**
   * Does something to an entry and gives the folder that it lies in its times back; where a step of the plan sets them
   * anyway, that step decides.
   */
  keepingTimes(path: string, change: () => void): void {
    const parent = parentOf(path);
    if (this.dressed.has(parent)) return change();
    const { atimeNs, mtimeNs } = lstatSync(this.entry(parent), { bigint: true });
    change();
    setTimes(this.entry(parent), atimeNs, mtimeNs);
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

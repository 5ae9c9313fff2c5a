import { closeSync, constants, openSync } from 'node:fs';
import { HomeostatError } from '../../core/errors.ts';

const FOLDER = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW;
const MOST_OPEN = 256;

/** What tells of the machine, and nothing of what stands there. */
const FAILING: ReadonlySet<string> = new Set(['EIO', 'ESTALE', 'EMFILE', 'ENFILE', 'ENOMEM']);

/** A text as its bytes, one character for each, which is how plans name paths. */
export const bytesOf = (text: string): string => Buffer.from(text).toString('latin1');

/** A path of bytes as people read it; what is no UTF-8 shows as U+FFFD. */
export const textOf = (bytes: string): string => Buffer.from(bytes, 'latin1').toString();

export const parentOf = (path: string): string => path.slice(0, Math.max(0, path.lastIndexOf('/')));

/** The path and the folders that it lies in, the root not among them. */
export function* upwards(path: string): Generator<string> {
  yield path;
  for (let at = parentOf(path); at !== ''; at = parentOf(at)) yield at;
}

/** Whether the path, or a folder that it lies in, is one of these. */
export function isAtOrBelow(path: string, ones: ReadonlySet<string>): boolean {
  for (const at of upwards(path)) if (ones.has(at)) return true;
  return false;
}

const nameOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1);

/**
 * The folders below one folder, each held by its descriptor and opened from the one above without following a link:
 * whoever swaps a folder for a link cannot lead a change elsewhere.
 */
export class Folders {
  private readonly open = new Map<string, number>();

  private readonly base: string;

  /** `base` is an absolute path of text; paths below it are bytes. */
  constructor(base: string) {
    this.base = base;
  }

  /** The entry of that path, to be handed to a system call that follows no link at its end; '' is the folder itself. */
  entry(path: string): Buffer {
    if (path === '') return this.through('', '.');
    return this.through(parentOf(path), nameOf(path));
  }

  /** Lets go of every folder, for names may mean others by now. */
  close(): void {
    for (const fd of this.open.values()) closeSync(fd);
    this.open.clear();
  }

  private through(folder: string, name: string): Buffer {
    const fd = this.descriptor(folder);
    if (process.platform === 'linux') return Buffer.from(`/proc/self/fd/${fd}/${name}`, 'latin1');
    return Buffer.from(`${bytesOf(this.base)}/${folder === '' ? '' : `${folder}/`}${name}`, 'latin1');
  }

  private descriptor(folder: string): number {
    const known = this.open.get(folder);
    if (known !== undefined) return known;
    if (this.open.size >= MOST_OPEN) this.close();
    const at = folder === '' ? Buffer.from(this.base) : this.through(parentOf(folder), nameOf(folder));
    let fd: number;
    try {
      fd = openSync(at, FOLDER);
    } catch (cause) {
      const code = (cause as NodeJS.ErrnoException).code ?? '';
      if (FAILING.has(code)) throw cause;
      const where = folder === '' ? this.base : `${this.base}/${textOf(folder)}`;
      throw new HomeostatError('world_changed', `${where} is not the folder that it was (${code})`, {
        cause,
      });
    }
    this.open.set(folder, fd);
    return fd;
  }
}

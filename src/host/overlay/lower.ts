import { readdirSync } from 'node:fs';
import { HomeostatError } from '../../core/errors.ts';
import type { Print } from '../../core/plan.ts';
import { type Below, belowDigest, fsPath, printOf } from '../journal/print.ts';
import { fileHandle } from '../syscalls.ts';

/** A root's own path as bytes in latin1, like the paths below it. */
export const latin1 = (path: string): string => Buffer.from(path).toString('latin1');

export const joined = (folder: string, name: string): string => (folder === '' ? name : `${folder}/${name}`);

const utf8 = (path: string): string => Buffer.from(path, 'latin1').toString();

function readable<T>(read: () => T, path: string): T {
  try {
    return read();
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'EACCES') throw cause;
    const what = `${path} goes, but holds a folder that cannot be read, so that nobody could tell what goes with it`;
    throw new HomeostatError('wrong_type', what, { cause });
  }
}

/** The root as the overlay's lower layer: what a command saw below what it did itself. Paths are relative to it. */
export interface Lower {
  /** What stands there now; null where nothing does. Asked once for each path. */
  print(path: string): Print | null;
  /** The same of what the plan will touch: throws `world_changed` where it was changed since the command started. */
  touched(path: string): Print;
  /** All that is below a folder that is to be removed, checked likewise. */
  below(path: string): Below;
  /** Every path at and below one that is not a folder. */
  leaves(path: string): string[];
  handle(path: string): string | null;
  changed(path: string): HomeostatError;
  /** Whether something was changed there since the command started. */
  isNewer(print: Print): boolean;
}

export function lowerLayer(root: string, startedNs: bigint): Lower {
  const base = latin1(root);
  const prints = new Map<string, Print | null>();
  const at = (path: string): Buffer | string => fsPath(path === '' ? base : `${base}/${path}`);
  const changed = (path: string): HomeostatError =>
    new HomeostatError(
      'world_changed',
      `${root}/${utf8(path)} was changed by somebody else while the command ran`,
    );
  const print = (path: string): Print | null => {
    let known = prints.get(path);
    if (known === undefined) {
      known = printOf(at(path));
      prints.set(path, known);
    }
    return known;
  };
  const isNewer = ({ ctime_ns }: Print): boolean => BigInt(ctime_ns) > startedNs;
  const leaves = (path: string): string[] => {
    if (print(path)?.type !== 'directory') return [path];
    return readdirSync(at(path), { encoding: 'latin1' }).flatMap((name) => leaves(joined(path, name)));
  };
  return {
    print,
    touched: (path) => {
      const known = print(path);
      if (known === null || isNewer(known)) throw changed(path);
      return known;
    },
    below: (path) => {
      const below = readable(() => belowDigest(at(path)), `${root}/${utf8(path)}`);
      if (below.newestCtimeNs > startedNs) throw changed(path);
      return below;
    },
    leaves,
    handle: (path) => fileHandle(at(path)),
    changed,
    isNewer,
  };
}

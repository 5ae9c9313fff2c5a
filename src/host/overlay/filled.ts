import { constants } from 'node:fs';
import type { Print } from '../../core/plan.ts';
import { type Below, type Row, digestOf } from '../journal/print.ts';
import { type Layer, type UpperEntry, isNew } from './layer.ts';

const FORMAT: Readonly<Record<Exclude<Print['type'], 'device'>, number>> = {
  file: constants.S_IFREG,
  directory: constants.S_IFDIR,
  symlink: constants.S_IFLNK,
  fifo: constants.S_IFIFO,
  socket: constants.S_IFSOCK,
};

type Filled = (entry: UpperEntry) => Omit<Below, 'newestCtimeNs'> | null;

/**
 * What the new folders of a layer hold, told by what was read of it, so that nobody looks through them again; null of one
 * in which there is an `unfinished` one.
 */
export function filledBy({ entries }: Layer, unfinished: ReadonlySet<UpperEntry>): Filled {
  const held = new Map<string, UpperEntry[]>();
  const open = new Set<string>();
  for (const entry of entries) {
    const { parent, path } = entry;
    if (isNew(entry) && !held.has(path)) held.set(path, []);
    if (parent !== null && isNew(parent)) held.get(parent.path)?.push(entry);
    if (unfinished.has(entry))
      for (let up: UpperEntry | null = entry; up !== null; up = up.parent) open.add(up.path);
  }
  return ({ path }) => {
    if (open.has(path) || !held.has(path)) return null;
    return digestOf((inner) => (held.get(path + inner) ?? []).map(rowOf));
  };
}

function rowOf({ name, print }: UpperEntry): Row {
  const { type, ino, uid, gid, mtime_ns: mtimeNs, target = '' } = print;
  return {
    name,
    type: type === 'directory' || type === 'file' ? type : 'other',
    ino,
    mode: print.mode | (type === 'device' ? 0 : FORMAT[type]),
    uid,
    gid,
    // The size of a link is that of where it leads.
    size: type === 'symlink' ? target.length : print.size,
    mtimeNs,
  };
}

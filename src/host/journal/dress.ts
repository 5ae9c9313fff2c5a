import { chmodSync, lchownSync } from 'node:fs';
import type { Print } from '../../core/plan.ts';
import { removeXattr, setTimes, setXattr } from '../syscalls.ts';

/** Gives an entry the attributes of `wanted`: owner, mode, extended attributes, times, in this order. */
export function dress(entry: Buffer, now: Print, wanted: Print): void {
  // A change of owner takes set-id bits away, a change of mode rewrites the ACL's mask, and both move no mtime.
  if (now.uid !== wanted.uid || now.gid !== wanted.gid) lchownSync(entry, wanted.uid, wanted.gid);
  if (wanted.type !== 'symlink') {
    const moved = now.uid !== wanted.uid || now.gid !== wanted.gid;
    if (moved || now.mode !== wanted.mode) chmodSync(entry, wanted.mode);
  }
  const [has, wants] = [now.xattrs ?? {}, wanted.xattrs ?? {}];
  for (const name of Object.keys(has)) if (wants[name] === undefined) removeXattr(entry, name);
  for (const [name, value] of Object.entries(wants))
    if (has[name] !== value) setXattr(entry, name, Buffer.from(value, 'base64'));
  setTimes(entry, BigInt(wanted.mtime_ns), BigInt(wanted.mtime_ns));
}

import type { Print } from '../../core/plan.ts';

/** The inode of one print with mode, owner, times and extended attributes of another. */
export function withAttributes(inode: Print, { mode, uid, gid, mtime_ns, xattrs }: Print): Print {
  const { xattrs: _, ...rest } = inode;
  return { ...rest, mode, uid, gid, mtime_ns, ...(xattrs === undefined ? {} : { xattrs }) };
}

export const sameButTimes = (a: Print, b: Print): boolean =>
  a.mode === b.mode && a.uid === b.uid && a.gid === b.gid && sameXattrs(a, b);

export const sameAttributes = (a: Print, b: Print): boolean =>
  a.mtime_ns === b.mtime_ns && sameButTimes(a, b);

/** Prints have their extended attributes in the order of their names. */
export const sameXattrs = (a: Print, b: Print): boolean =>
  JSON.stringify(a.xattrs) === JSON.stringify(b.xattrs);

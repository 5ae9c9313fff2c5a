import { lutimesSync } from 'node:fs';
import { createRequire } from 'node:module';
import { getSystemErrorMap } from 'node:util';

/** A path as fs takes it: a string is UTF-8, a buffer is the bytes themselves. */
export type PathBytes = string | Buffer;

interface Call {
  (...parameters: readonly unknown[]): number;
  /** In a thread of its own; the last parameter is told the error of the call itself, and what it gave back. */
  readonly async: (...parameters: readonly unknown[]) => void;
}
interface Libc {
  readonly llistxattr: Call;
  readonly lgetxattr: Call;
  readonly lsetxattr: Call;
  readonly lremovexattr: Call;
  readonly utimensat: Call;
  readonly renameat2: Call;
  readonly syncfs: Call;
  readonly lseek: Call;
  readonly name_to_handle_at: Call;
  readonly prctl: Call;
  readonly waitpid: Call;
  readonly socketpair: Call;
  readonly close: Call;
  readonly posix_spawn: Call;
  readonly actions: { readonly [step in 'init' | 'adddup2' | 'addclose' | 'destroy']: Call };
  readonly attributes: { readonly [step in 'init' | 'setflags' | 'setsigdefault' | 'destroy']: Call };
  readonly errno: () => number;
}

const AT_FDCWD = -100;
const AT_SYMLINK_NOFOLLOW = 0x100;
const RENAME_FLAGS = { noreplace: 1, exchange: 2 };
/** The kernel's limit for a value and for the list of names. */
const LONGEST_XATTR = 65_536;
/** The kernel's limit for a file handle, and what stands before it: its length and its type. */
const LONGEST_HANDLE = 128;
const HANDLE_HEAD = 8;
const BILLION = 1_000_000_000n;

let loaded: Libc | null | undefined;

/** Loaded at the first call, since it takes 10 ms; null where these calls are not Linux's on 64 bits. */
function libc(): Libc | null {
  loaded ??= load();
  return loaded;
}

function load(): Libc | null {
  if (process.platform !== 'linux') return null;
  const require = createRequire(import.meta.url);
  const koffi = require('koffi') as typeof import('koffi');
  // The times below are laid out as on 64 bits.
  if (koffi.sizeof('long') !== 8) return null;
  const lib = koffi.load(null);
  const call = (name: string, result: string, ...types: string[]): Call =>
    lib.func(name, result, types) as Call;
  return {
    llistxattr: call('llistxattr', 'int64_t', 'void *', 'void *', 'size_t'),
    lgetxattr: call('lgetxattr', 'int64_t', 'void *', 'void *', 'void *', 'size_t'),
    lsetxattr: call('lsetxattr', 'int', 'void *', 'void *', 'void *', 'size_t', 'int'),
    lremovexattr: call('lremovexattr', 'int', 'void *', 'void *'),
    utimensat: call('utimensat', 'int', 'int', 'void *', 'void *', 'int'),
    renameat2: call('renameat2', 'int', 'int', 'void *', 'int', 'void *', 'unsigned int'),
    syncfs: call('syncfs', 'int', 'int'),
    lseek: call('lseek', 'int64_t', 'int', 'int64_t', 'int'),
    name_to_handle_at: call('name_to_handle_at', 'int', 'int', 'void *', 'void *', 'void *', 'int'),
    prctl: call('prctl', 'int', 'int', 'unsigned long', 'unsigned long', 'unsigned long', 'unsigned long'),
    waitpid: call('waitpid', 'int', 'int', 'void *', 'int'),
    socketpair: call('socketpair', 'int', 'int', 'int', 'int', 'void *'),
    close: call('close', 'int', 'int'),
    posix_spawn: call(
      'posix_spawn',
      'int',
      'void *',
      'void *',
      'void *',
      'void *',
      ...Array(2).fill('const char **'),
    ),
    actions: {
      init: call('posix_spawn_file_actions_init', 'int', 'void *'),
      adddup2: call('posix_spawn_file_actions_adddup2', 'int', 'void *', 'int', 'int'),
      addclose: call('posix_spawn_file_actions_addclose', 'int', 'void *', 'int'),
      destroy: call('posix_spawn_file_actions_destroy', 'int', 'void *'),
    },
    attributes: {
      init: call('posix_spawnattr_init', 'int', 'void *'),
      setflags: call('posix_spawnattr_setflags', 'int', 'void *', 'short'),
      setsigdefault: call('posix_spawnattr_setsigdefault', 'int', 'void *', 'void *'),
      destroy: call('posix_spawnattr_destroy', 'int', 'void *'),
    },
    errno: () => koffi.errno(),
  };
}

function failure(code: string, errno: number, message: string, syscall: string, path: PathBytes): Error {
  const shown = typeof path === 'string' ? path : path.toString();
  const text = `${code}: ${message}, ${syscall} '${shown}'`;
  return Object.assign(new Error(text), { code, errno: -errno, syscall, path: shown });
}

/** The calls themselves; on other systems an error that names the one that is missing. */
function linux(syscall: string, path: PathBytes): Libc {
  const calls = libc();
  if (calls === null) throw failure('ENOSYS', 38, `not available on ${process.platform}`, syscall, path);
  return calls;
}

/** Checks what a call gave back; an error is as fs throws it: with `code`, `errno`, `syscall` and `path`. */
function checked(result: number, calls: Libc, syscall: string, path: PathBytes): number {
  if (result >= 0) return result;
  const errno = calls.errno();
  const [code, message] = getSystemErrorMap().get(-errno) ?? [`E${errno}`, 'unknown error'];
  throw failure(code, errno, message, syscall, path);
}

const ZERO = Buffer.alloc(1);

/** With the zero byte at its end that C asks for; one inside would cut the path short. */
function cString(path: PathBytes): Buffer {
  if (path.includes('\0')) throw failure('EINVAL', 22, 'zero byte in a path', 'open', path);
  return typeof path === 'string' ? Buffer.from(`${path}\0`) : Buffer.concat([path, ZERO]);
}

const room = Buffer.allocUnsafe(LONGEST_XATTR);

/**
 * Names of the extended attributes, latin1, of the entry itself, never of what a link leads to; none where the file
 * system or the operating system has no such calls.
 */
export function listXattrs(path: PathBytes): string[] {
  const calls = libc();
  if (calls === null) return [];
  const length = calls.llistxattr(cString(path), room, room.length);
  if (length === 0 || (length < 0 && getSystemErrorMap().get(-calls.errno())?.[0] === 'ENOTSUP')) return [];
  return room.toString('latin1', 0, checked(length, calls, 'llistxattr', path) - 1).split('\0');
}

/** The value of an extended attribute; null where it has none of that name. */
export function getXattr(path: PathBytes, name: string): Buffer | null {
  const calls = linux('lgetxattr', path);
  const length = calls.lgetxattr(cString(path), cString(Buffer.from(name, 'latin1')), room, room.length);
  if (length < 0 && ['ENODATA', 'ENOTSUP'].includes(getSystemErrorMap().get(-calls.errno())?.[0] ?? ''))
    return null;
  return Buffer.from(room.subarray(0, checked(length, calls, 'lgetxattr', path)));
}

/** Sets an extended attribute of the entry itself, whether it has one of that name or not. */
export function setXattr(path: PathBytes, name: string, value: Buffer): void {
  const calls = linux('lsetxattr', path);
  const bytes = cString(Buffer.from(name, 'latin1'));
  checked(calls.lsetxattr(cString(path), bytes, value, value.length, 0), calls, 'lsetxattr', path);
}

/** Removes an extended attribute of the entry itself; throws ENODATA where it has none of that name. */
export function removeXattr(path: PathBytes, name: string): void {
  const calls = linux('lremovexattr', path);
  const bytes = cString(Buffer.from(name, 'latin1'));
  checked(calls.lremovexattr(cString(path), bytes), calls, 'lremovexattr', path);
}

/** Sets the times of the entry itself, in nanoseconds since 1970, before which they are negative. */
export function setTimes(path: PathBytes, atimeNs: bigint, mtimeNs: bigint): void {
  // Node's own call takes seconds as a double, which is exact to about a microsecond.
  if (libc() === null) return lutimesSync(path, Number(atimeNs) / 1e9, Number(mtimeNs) / 1e9);
  const calls = linux('utimensat', path);
  const times = Buffer.allocUnsafe(32);
  for (const [index, time] of [atimeNs, mtimeNs].entries()) {
    const part = ((time % BILLION) + BILLION) % BILLION;
    times.writeBigInt64LE((time - part) / BILLION, index * 16);
    times.writeBigInt64LE(part, index * 16 + 8);
  }
  const result = calls.utimensat(AT_FDCWD, cString(path), times, AT_SYMLINK_NOFOLLOW);
  checked(result, calls, 'utimensat', path);
}

/** Renames only where nothing stands (`noreplace`, else EEXIST), or swaps the two that both must be there. */
export function renameWith(from: PathBytes, to: PathBytes, how: keyof typeof RENAME_FLAGS): void {
  const calls = linux('renameat2', from);
  const result = calls.renameat2(AT_FDCWD, cString(from), AT_FDCWD, cString(to), RENAME_FLAGS[how]);
  checked(result, calls, 'renameat2', from);
}

/** Brings all that was written to the file system of an open file or folder to stable storage. */
export function syncFileSystem(fd: number): void {
  const calls = linux('syncfs', `descriptor ${fd}`);
  checked(calls.syncfs(fd), calls, 'syncfs', `descriptor ${fd}`);
}

/** The same while this process goes on. */
export async function syncFileSystemAside(fd: number): Promise<void> {
  const calls = linux('syncfs', `descriptor ${fd}`);
  return new Promise((resolve, reject) => {
    calls.syncfs.async(fd, (error: Error | null, result: number) => {
      if (error === null && result === 0) resolve();
      // Which error it was, only the thread knew.
      else
        reject(
          error ?? failure('EIO', 5, 'what was written cannot be flushed', 'syncfs', `descriptor ${fd}`),
        );
    });
  });
}

/**
 * What the file system calls an inode for as long as it lives, however often it is renamed: the handle's type and its
 * bytes in base64; null where the file system has no handles.
 */
export function fileHandle(path: PathBytes): string | null {
  const calls = linux('name_to_handle_at', path);
  const handle = Buffer.alloc(HANDLE_HEAD + LONGEST_HANDLE);
  handle.writeUInt32LE(LONGEST_HANDLE, 0);
  const result = calls.name_to_handle_at(AT_FDCWD, cString(path), handle, Buffer.alloc(8), 0);
  if (result < 0 && getSystemErrorMap().get(-calls.errno())?.[0] === 'ENOTSUP') return null;
  checked(result, calls, 'name_to_handle_at', path);
  const bytes = handle.subarray(HANDLE_HEAD, HANDLE_HEAD + handle.readUInt32LE(0));
  return `${handle.readInt32LE(4)}:${bytes.toString('base64')}`;
}

const SEEK_DATA = 3;
const SEEK_HOLE = 4;

/** Where an open file of that size has data, as pairs of start and end in bytes; what lies between is a hole. */
export function dataExtents(fd: number, size: number): [start: number, end: number][] {
  const calls = libc();
  if (calls === null) return size === 0 ? [] : [[0, size]];
  const extents: [number, number][] = [];
  for (let at = 0; at < size;) {
    const start = calls.lseek(fd, at, SEEK_DATA);
    // Past the last data there is only a hole.
    if (start < 0) break;
    const end = Math.min(
      size,
      checked(calls.lseek(fd, start, SEEK_HOLE), calls, 'lseek', `descriptor ${fd}`),
    );
    extents.push([start, end]);
    at = end;
  }
  return extents;
}

const PR_SET_CHILD_SUBREAPER = 36;
const WNOHANG = 1;

/** Whether orphans below this process become its children, and not those of the first process; Linux only. */
export function setSubreaper(on: boolean): void {
  libc()?.prctl(PR_SET_CHILD_SUBREAPER, on ? 1 : 0, 0, 0, 0);
}

/** Lets go of a child that has ended and that Node has not started; false of one that still runs. */
export const reap = (pid: number): boolean => libc()?.waitpid(pid, null, WNOHANG) !== 0;

const AF_UNIX = 1;
const SOCK_STREAM = 1;
const SOCK_CLOEXEC = 0o2_000_000;
const POSIX_SPAWN_SETSIGDEF = 4;
const POSIX_SPAWN_SETSIGMASK = 8;
/** More than any C library has in what it keeps there. */
const ROOM = 1024;

/**
 * Starts a program by posix_spawn(3), with the descriptors from 0 on connected to those returned, of which each is one
 * end of a pair of sockets, and without those to be closed. No signal is blocked or ignored in it.
 */
export function startProgram(
  path: string,
  words: readonly string[],
  variables: readonly string[],
  { count, closed }: { count: number; closed: readonly number[] },
): { pid: number; fds: number[] } {
  const calls = linux('posix_spawn', path);
  const [actions, attributes, pid] = [Buffer.alloc(ROOM), Buffer.alloc(ROOM), Buffer.alloc(4)];
  const pairs: [own: number, other: number][] = [];
  calls.actions.init(actions);
  calls.attributes.init(attributes);
  let started = false;
  try {
    for (let index = 0; index < count; index++) {
      const pair = Buffer.alloc(8);
      checked(calls.socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), calls, 'socketpair', path);
      pairs.push([pair.readInt32LE(0), pair.readInt32LE(4)]);
    }
    for (const fd of closed) calls.actions.addclose(actions, fd);
    for (const [index, [, other]] of pairs.entries()) {
      // It would be written over before it is its turn.
      if (other < count)
        throw failure('EMFILE', 24, 'standard descriptors are not open', 'posix_spawn', path);
      calls.actions.adddup2(actions, other, index);
    }
    calls.attributes.setflags(attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
    calls.attributes.setsigdefault(attributes, Buffer.alloc(ROOM, 0xff));
    const errno = calls.posix_spawn(
      pid,
      cString(path),
      actions,
      attributes,
      [...words, null],
      [...variables, null],
    );
    if (errno !== 0) {
      const [code, message] = getSystemErrorMap().get(-errno) ?? [`E${errno}`, 'unknown error'];
      throw failure(code, errno, message, 'posix_spawn', path);
    }
    started = true;
  } finally {
    for (const [own, other] of pairs) for (const fd of started ? [other] : [own, other]) calls.close(fd);
    calls.actions.destroy(actions);
    calls.attributes.destroy(attributes);
  }
  return { pid: pid.readInt32LE(0), fds: pairs.map(([own]) => own) };
}

import { execFileSync } from 'node:child_process';
import {
  closeSync,
  existsSync,
  linkSync,
  lstatSync,
  openSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import {
  fileHandle,
  getXattr,
  listXattrs,
  removeXattr,
  renameWith,
  setTimes,
  setXattr,
  syncFileSystem,
} from '../../src/host/syscalls.ts';
import { scratch } from '../helpers/scratch.ts';

const python = (code: string, ...parameters: string[]): string =>
  execFileSync('python3', ['-c', `import os, sys\n${code}`, ...parameters], { encoding: 'utf8' }).trim();

test('extended attributes are those that others see, names and values as bytes', () => {
  const path = join(scratch().root, 'file');
  writeFileSync(path, '');
  expect(listXattrs(path)).toEqual([]);
  expect(getXattr(path, 'user.none')).toBeNull();
  const value = Buffer.from([0, 255, 10]);
  setXattr(path, 'user.\xff', value);
  setXattr(path, 'user.empty', Buffer.alloc(0));
  expect(listXattrs(path).toSorted()).toEqual(['user.empty', 'user.\xff']);
  expect(getXattr(path, 'user.\xff')).toEqual(value);
  expect(getXattr(path, 'user.empty')).toEqual(Buffer.alloc(0));
  expect(python("print(os.getxattr(sys.argv[1], b'user.\\xff').hex())", path)).toBe('00ff0a');
  removeXattr(path, 'user.empty');
  expect(listXattrs(path)).toEqual(['user.\xff']);
  expect(() => removeXattr(path, 'user.empty')).toThrow(expect.objectContaining({ code: 'ENODATA' }));
});

test('a link itself is meant, not what it leads to', () => {
  const folder = scratch().root;
  const [file, link] = [join(folder, 'file'), join(folder, 'link')];
  writeFileSync(file, '');
  symlinkSync(file, link);
  setXattr(file, 'user.on', Buffer.from('file'));
  expect(listXattrs(link)).toEqual([]);
  expect(() => setXattr(link, 'user.on', Buffer.from('link'))).toThrow(
    expect.objectContaining({ code: 'EPERM' }),
  );
  const before = lstatSync(file, { bigint: true }).mtimeNs;
  setTimes(link, 5n, 1_234_567_890_123_456_789n);
  expect(lstatSync(link, { bigint: true }).mtimeNs).toBe(1_234_567_890_123_456_789n);
  expect(lstatSync(file, { bigint: true }).mtimeNs).toBe(before);
});

test('times keep their nanoseconds, before 1970 too', () => {
  const path = join(scratch().root, 'file');
  writeFileSync(path, '');
  for (const time of [0n, 1n, -1n, -1_500_000_001n, 4_000_000_000_999_999_999n]) {
    setTimes(path, time + 7n, time);
    const stats = lstatSync(path, { bigint: true });
    expect([stats.atimeNs, stats.mtimeNs]).toEqual([time + 7n, time]);
    expect(python('print(os.lstat(sys.argv[1]).st_mtime_ns)', path)).toBe(String(time));
  }
});

test('a rename replaces nothing unless asked, and swaps in one step', () => {
  const folder = scratch().root;
  const name = (bytes: string): Buffer => Buffer.from(`${folder}/${bytes}`, 'latin1');
  writeFileSync(name('\xff'), 'one');
  writeFileSync(name('b'), 'two');
  expect(() => renameWith(name('\xff'), name('b'), 'noreplace')).toThrow(
    expect.objectContaining({ code: 'EEXIST', syscall: 'renameat2' }),
  );
  renameWith(name('\xff'), name('b'), 'exchange');
  expect([readFileSync(name('\xff'), 'utf8'), readFileSync(name('b'), 'utf8')]).toEqual(['two', 'one']);
  renameWith(name('\xff'), name('c'), 'noreplace');
  expect(existsSync(name('\xff'))).toBe(false);
  expect(() => renameWith(name('\xff'), name('b'), 'exchange')).toThrow(
    expect.objectContaining({ code: 'ENOENT' }),
  );
});

test('a zero byte does not cut a path short', () => {
  const path = join(scratch().root, 'file');
  writeFileSync(path, '');
  expect(() => listXattrs(Buffer.from(`${path}\0more`))).toThrow(expect.objectContaining({ code: 'EINVAL' }));
  expect(() => setXattr(path, 'user.a\0b', Buffer.from('x'))).toThrow(
    expect.objectContaining({ code: 'EINVAL' }),
  );
});

test('a file system is synced by any descriptor on it', () => {
  const fd = openSync(scratch().root, 'r');
  syncFileSystem(fd);
  closeSync(fd);
  expect(() => syncFileSystem(fd)).toThrow(expect.objectContaining({ code: 'EBADF' }));
});

test('a handle stays with the inode through renames and links, and is no other inode’s', () => {
  const folder = scratch().root;
  const [one, two, three] = ['one', 'two', 'three'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  writeFileSync(one, '');
  writeFileSync(two, '');
  const handle = fileHandle(one);
  expect(handle).not.toBeNull();
  expect(fileHandle(two)).not.toBe(handle);
  renameWith(one, three, 'noreplace');
  expect(fileHandle(three)).toBe(handle);
  linkSync(three, one);
  expect(fileHandle(one)).toBe(handle);
});

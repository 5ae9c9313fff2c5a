import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  linkSync,
  mkdirSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { printSchema } from '../../../src/core/plan.ts';
import { belowDigest, printOf } from '../../../src/host/journal/print.ts';
import { setTimes, setXattr } from '../../../src/host/syscalls.ts';
import { needRoot } from '../../helpers/needs.ts';
import { scratch } from '../../helpers/scratch.ts';

test('a print tells all of an entry but its content', () => {
  needRoot();
  const { root } = scratch();
  const path = Buffer.from(`${root}/\xff\n`, 'latin1');
  writeFileSync(path, 'four');
  linkSync(path, `${root}/other`);
  chmodSync(path, 0o4751);
  setXattr(path, 'user.mine', Buffer.from([0, 255]));
  for (const own of ['trusted.overlay.redirect', 'user.overlay.opaque'])
    setXattr(path, own, Buffer.from('y'));
  setTimes(path, 1n, 1_234_567_890_123_456_789n);
  const print = printOf(path);
  expect(printSchema.parse(print)).toEqual(print);
  expect(print).toMatchObject({
    type: 'file',
    mtime_ns: '1234567890123456789',
    mode: 0o4751,
    size: 4,
    links: 2,
    xattrs: { 'user.mine': 'AP8=' },
  });
  expect(print).not.toHaveProperty('target');
});

test('a print knows every type, and follows no link', () => {
  needRoot();
  const { root } = scratch();
  const at = (name: string): string => join(root, name);
  symlinkSync(Buffer.from('gone\xff', 'latin1'), at('link'));
  execFileSync('mkfifo', [at('pipe')]);
  execFileSync('mknod', [at('null'), 'c', '1', '3']);
  execFileSync('python3', [
    '-c',
    'import socket, sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])',
    at('socket'),
  ]);
  expect(readlinkSync(at('link'), 'latin1')).toBe('gone\xff');
  expect(printOf(at('link'))).toMatchObject({ type: 'symlink', target: 'gone\xff', size: 0 });
  expect(printOf(at('pipe'))).toMatchObject({ type: 'fifo' });
  expect(printOf(at('null'))).toMatchObject({ type: 'device', rdev: String(256 + 3) });
  expect(printOf(at('socket'))).toMatchObject({ type: 'socket' });
  expect(printOf(root)).toMatchObject({ type: 'directory', size: 0 });
  expect(printOf(at('none'))).toBeNull();
  expect(printOf(at('null/none'))).toBeNull();
});

test('an ACL is part of a print', () => {
  const path = join(scratch().root, 'file');
  writeFileSync(path, '');
  const entry = (tag: number, permissions: number, id = 0xff_ff_ff_ff): Buffer => {
    const bytes = Buffer.alloc(8);
    bytes.writeUInt16LE(tag, 0);
    bytes.writeUInt16LE(permissions, 2);
    bytes.writeUInt32LE(id, 4);
    return bytes;
  };
  const version = Buffer.from([2, 0, 0, 0]);
  const list = [entry(1, 6), entry(2, 4, 5), entry(4, 4), entry(16, 4), entry(32, 4)];
  const value = Buffer.concat([version, ...list]);
  setXattr(path, 'system.posix_acl_access', value);
  expect(printOf(path)?.xattrs).toEqual({ 'system.posix_acl_access': value.toString('base64') });
});

test('what is below a folder is told by its digest, and nothing beyond it', () => {
  const { root, base } = scratch();
  const at = (name: string): Buffer => Buffer.from(join(root, name), 'latin1');
  mkdirSync(at('a/b'), { recursive: true });
  mkdirSync(join(base, 'outside'));
  writeFileSync(at('a/b/\xff'), 'one');
  writeFileSync(at('a/2'), 'two!');
  symlinkSync(join(base, 'outside'), at('a/link'));
  const first = belowDigest(root);
  expect(first).toMatchObject({ entries: 5, bytes: 7 });
  expect(first.newestCtimeNs).toBe(BigInt(printOf(at('a'))?.ctime_ns ?? 0));
  writeFileSync(join(base, 'outside/new'), '');
  utimesSync(root, 1, 1);
  expect(belowDigest(root)).toEqual(first);
  const seen = new Set([first.digest]);
  const changes: (() => void)[] = [
    () => appendFileSync(at('a/b/\xff'), 'x'),
    () => chmodSync(at('a/2'), 0o600),
    () => setTimes(at('a/link'), 1n, 1n),
    () => renameSync(at('a/2'), at('a/b/2')),
    () => writeFileSync(at('a/2'), 'two!'),
    () => rmSync(at('a/b/2')),
    () => mkdirSync(at('a/c')),
  ];
  for (const change of changes) {
    change();
    seen.add(belowDigest(root).digest);
  }
  expect(seen.size).toBe(changes.length + 1);
  expect(belowDigest(at('a/c'))).toMatchObject({ entries: 0, bytes: 0, newestCtimeNs: 0n });
});

import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  renameSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Change, ChangeSet, FileState } from '../../src/core/effects.ts';
import { type Files, type Listing, MANIFEST, type Manifest } from '../../src/core/host.ts';
import { openFiles } from '../../src/host/files.ts';
import { openTransactions } from '../../src/host/journal/transactions.ts';
import { openObjects } from '../../src/store/objects.ts';
import { type Scratch, scratch } from '../helpers/scratch.ts';

interface Opened extends Scratch {
  readonly files: Files;
  /** Does a change set as a file tool does. */
  apply(set: ChangeSet, action: string): Promise<void>;
}

function open(limits = { files: 1000, bytes: 1_000_000 }): Opened {
  const place = scratch();
  const folder = join(place.base, 'objects');
  mkdirSync(folder);
  const workspace = { roots: [place.root], cwd: place.root };
  const objects = openObjects(folder);
  const files = openFiles(workspace, { objects, cacheFolder: join(place.base, 'scans'), limits });
  const nothing = (): void => undefined;
  return {
    ...place,
    files,
    async apply(set, action) {
      const options = {
        isSecret: () => false,
        fingerprint: () => '',
        isNotable: () => false,
        onStore: nothing,
        trace: nothing,
        formerTime: () => null,
      };
      const stages = join(place.base, 'stages');
      const journal = openTransactions({ action, workspace, ...options }, { stages, objects });
      const plan = await journal.plan(set);
      await files.check(set);
      journal.check(plan);
      journal.apply(plan);
    },
  };
}

const signal = new AbortController().signal;

test('a path leads nowhere but into a root', async () => {
  const { files, root, base } = open();
  writeFileSync(join(base, 'outside'), 'x');
  mkdirSync(join(root, 'real'));
  symlinkSync(join(base, 'outside'), join(root, 'to-file'));
  symlinkSync(base, join(root, 'to-folder'));
  symlinkSync('real', join(root, 'inner'));
  symlinkSync('nowhere', join(root, 'dangling'));
  const code = async (path: string, follow = true): Promise<string> =>
    files.resolve(path, follow).then(
      (found) => found,
      (error: { code: string }) => error.code,
    );
  expect(await code('a/b/c')).toBe(join(root, 'a/b/c'));
  expect(await code('inner/x')).toBe(join(root, 'real/x'));
  expect(await code('inner')).toBe(join(root, 'real'));
  expect(await code('to-file', false)).toBe(join(root, 'to-file'));
  expect(await code('.')).toBe(root);
  for (const path of [
    'to-file',
    'to-folder',
    'to-folder/x',
    '../outside',
    '/etc/passwd',
    `${root}-two/x`,
    '/',
  ]) {
    expect(await code(path)).toBe('outside_roots');
  }
  for (const path of ['dangling', 'dangling/x', 'dangling/x/y']) expect(await code(path)).toBe('wrong_type');
  for (const path of ['a\0b', 'x'.repeat(5000)]) expect(await code(path)).toBe('invalid_input');
  expect(await code(`${'y'.repeat(300)}/x`)).toBe('not_found');
  writeFileSync(join(root, 'plain'), '');
  expect(await code('plain/x/y')).toBe('not_found');
});

test('reading takes plain files up to a size, and follows no link', async () => {
  const { files, root } = open();
  writeFileSync(join(root, 'a'), '12345');
  symlinkSync('a', join(root, 'l'));
  execFileSync('mkfifo', [join(root, 'fifo')]);
  expect((await files.read(join(root, 'a'), 5)).toString()).toBe('12345');
  await expect(files.read(join(root, 'a'), 4)).rejects.toMatchObject({ code: 'too_large' });
  await expect(files.read(join(root, 'l'), 9)).rejects.toMatchObject({ code: 'wrong_type' });
  await expect(files.read(join(root, 'fifo'), 9)).rejects.toMatchObject({ code: 'wrong_type' });
  mkdirSync(join(root, 'd'));
  await expect(files.read(join(root, 'd'), 9)).rejects.toMatchObject({ code: 'wrong_type' });
  await expect(files.read(join(root, 'n'), 9)).rejects.toMatchObject({ code: 'not_found' });
});

test('listing is sorted, deep as asked, and says when it was cut short', async () => {
  const { files, root } = open();
  mkdirSync(join(root, 'd/e'), { recursive: true });
  for (const name of ['b', 'a', 'd/c', 'd/e/f']) writeFileSync(join(root, name), name);
  symlinkSync('a', join(root, 'l'));
  execFileSync('mkfifo', [join(root, 'p')]);
  const names = async (depth: number, max = 99): Promise<string[]> =>
    (await files.list(root, { depth, max })).entries.map((e) => `${e.type} ${e.path.slice(root.length + 1)}`);
  expect(await names(1)).toEqual(['file a', 'file b', 'directory d', 'symlink l', 'other p']);
  expect(await names(3)).toContain('file d/e/f');
  expect((await files.list(root, { depth: 3, max: 6 })).more).toBe(true);
  await expect(files.list(join(root, 'missing'), { depth: 1, max: 9 })).rejects.toMatchObject({
    code: 'not_found',
  });
});

/** The change that brings a path from what it is to a file of that content. */
async function toFile(files: Files, path: string, content: string): Promise<Change> {
  const before = await files.state(path, true);
  const digest = await files.objects.put(Buffer.from(content));
  const base =
    before?.type === 'file'
      ? before
      : {
          mode: 0o640,
          uid: process.getuid?.() ?? 0,
          gid: process.getgid?.() ?? 0,
          mtime_ns: '1000000000000000000',
        };
  const after: FileState = { ...base, type: 'file', size: content.length, digest };
  return { path, before, after };
}

test('a change set is applied and taken back: files, folders, links, types, modes', async () => {
  const { files, apply, root } = open();
  writeFileSync(join(root, 'file'), 'one', { mode: 0o600 });
  mkdirSync(join(root, 'dir'), { mode: 0o750 });
  writeFileSync(join(root, 'dir/in'), 'in');
  symlinkSync('file', join(root, 'link'));
  const at = (name: string): string => join(root, name);
  const gone = async (name: string): Promise<Change> => ({
    path: at(name),
    before: await files.state(at(name), true),
    after: null,
  });
  const made = { mode: 0o755, uid: 0, gid: 0, mtime_ns: '1000000000000000000', size: 0 };
  const uid = process.getuid?.() ?? 0;
  const gid = process.getgid?.() ?? 0;
  const set = {
    changes: [
      await toFile(files, at('file'), 'two'),
      { ...(await toFile(files, at('dir'), 'now a file')) },
      await gone('dir/in'),
      {
        path: at('link'),
        before: await files.state(at('link')),
        after: { ...made, uid, gid, type: 'directory' as const },
      },
      {
        path: at('link/inside'),
        before: null,
        after: { ...made, mode: 0o777, uid, gid, type: 'symlink' as const, target: '../file' },
      },
    ],
  };
  const modes = (): string[] =>
    ['file', 'dir', 'link'].map((n) => `${lstatSync(at(n)).mode.toString(8)} ${lstatSync(at(n)).mtimeMs}`);
  const before = modes();
  await apply(set, 'abc');
  expect(readFileSync(at('file'), 'utf8')).toBe('two');
  expect(readFileSync(at('dir'), 'utf8')).toBe('now a file');
  expect(readlinkSync(at('link/inside'))).toBe('../file');
  await apply(
    { changes: set.changes.map((c) => ({ path: c.path, before: c.after, after: c.before })) },
    'abd',
  );
  expect(readFileSync(at('file'), 'utf8')).toBe('one');
  expect(readFileSync(at('dir/in'), 'utf8')).toBe('in');
  expect(readlinkSync(at('link'))).toBe('file');
  expect(modes().map((m) => m.split(' ')[0])).toEqual(before.map((m) => m.split(' ')[0]));
  expect(readdirSync(root).toSorted()).toEqual(['dir', 'file', 'link']);
});

test('a file keeps its other names', async () => {
  const { files, apply, root } = open();
  writeFileSync(join(root, 'a'), 'a long first content');
  linkSync(join(root, 'a'), join(root, 'b'));
  await apply({ changes: [await toFile(files, join(root, 'a'), 'two')] }, 'abc');
  expect(readFileSync(join(root, 'b'), 'utf8')).toBe('two');
  expect(statSync(join(root, 'a')).nlink).toBe(2);
});

test('nothing is written where a path is not as it was', async () => {
  const { files, apply, root } = open();
  writeFileSync(join(root, 'a'), '1');
  writeFileSync(join(root, 'b'), '1');
  const set = {
    changes: [await toFile(files, join(root, 'a'), '2'), await toFile(files, join(root, 'b'), '2')],
  };
  chmodSync(join(root, 'b'), 0o600);
  await expect(apply(set, 'abc')).rejects.toMatchObject({ code: 'world_changed' });
  expect(readFileSync(join(root, 'a'), 'utf8')).toBe('1');
});

test('a folder that somebody has put something into is not removed', async () => {
  const { files, root } = open();
  mkdirSync(join(root, 'd'));
  const set = {
    changes: [{ path: join(root, 'd'), before: await files.state(join(root, 'd')), after: null }],
  };
  writeFileSync(join(root, 'd/new'), '');
  await expect(files.check(set)).rejects.toMatchObject({ code: 'world_changed' });
});

test('a folder exchanged for a link between look and write leads nowhere', async () => {
  const { files, apply, root, base } = open();
  mkdirSync(join(root, 'd'));
  mkdirSync(join(base, 'outside'));
  const change = await toFile(files, join(root, 'd/a'), 'x');
  renameSync(join(root, 'd'), join(root, 'moved'));
  symlinkSync(join(base, 'outside'), join(root, 'd'));
  await expect(apply({ changes: [change] }, 'abc')).rejects.toMatchObject({ code: 'world_changed' });
  await expect(files.read(join(root, 'd/a'), 9)).rejects.toMatchObject({ code: 'world_changed' });
  expect(readdirSync(join(base, 'outside'))).toEqual([]);
});

test('a path with the longest name there is can be written', async () => {
  const { files, apply, root } = open();
  for (const name of ['n'.repeat(255), 'ü'.repeat(127)]) {
    await apply({ changes: [await toFile(files, join(root, name), 'x')] }, 'abcdefghjk');
    expect(readFileSync(join(root, name), 'utf8')).toBe('x');
  }
});

/** All that a manifest tells, by absolute path. */
async function listed(files: Files, { root, folders }: Manifest): Promise<Map<string, FileState>> {
  const all = new Map<string, FileState>();
  for (const [folder, name] of folders) {
    const listing = JSON.parse(String(await files.objects.get(name.slice(MANIFEST.length)))) as Listing;
    for (const [entry, state] of listing) all.set(join(root, folder, entry), state);
  }
  return all;
}

test('a scan keeps what can be put back and names what cannot', async () => {
  const { files, root } = open();
  mkdirSync(join(root, 'd'));
  writeFileSync(join(root, 'd/a'), 'x');
  symlinkSync('d', join(root, 'l'));
  execFileSync('mkfifo', [join(root, 'p')]);
  writeFileSync(Buffer.concat([Buffer.from(join(root, 'bad-')), Buffer.from([0xff])]), '');
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(join(root, 's'), resolve));
  const manifest = await files.scan(root, signal);
  await new Promise((resolve) => server.close(resolve));
  const entries = await listed(files, manifest);
  expect([...entries.keys()].toSorted()).toEqual([join(root, 'd'), join(root, 'd/a'), join(root, 'l')]);
  expect(manifest.skipped.map((path) => path.slice(root.length + 1)).toSorted()).toEqual([
    'bad-\ufffd',
    'p',
    's',
  ]);
  expect((await files.objects.get(entries.get(join(root, 'd/a'))?.digest ?? '')).toString()).toBe('x');
});

test('a second scan sees every change, and says the same where nothing changed', async () => {
  const { files, root } = open();
  writeFileSync(join(root, 'a'), 'one');
  const first = await files.scan(root, signal);
  expect(await files.scan(root, signal)).toEqual(first);
  const { mtime, atime } = statSync(join(root, 'a'));
  writeFileSync(join(root, 'a'), 'two');
  const { utimesSync } = await import('node:fs');
  utimesSync(join(root, 'a'), atime, mtime);
  const second = await files.scan(root, signal);
  const digest = async (manifest: Manifest) => (await listed(files, manifest)).get(join(root, 'a'))?.digest;
  expect(await digest(second)).not.toBe(await digest(first));
});

test('a scan past its limits ends as too large, empty entries counted too', async () => {
  const few = open({ files: 3, bytes: 100 });
  for (let i = 0; i < 5; i++) writeFileSync(join(few.root, `f${i}`), '');
  await expect(few.files.scan(few.root, signal)).rejects.toMatchObject({ code: 'too_large' });
  const folders = open({ files: 3, bytes: 100 });
  for (let i = 0; i < 9; i++) mkdirSync(join(folders.root, `d${i}`));
  await expect(folders.files.scan(folders.root, signal)).rejects.toMatchObject({ code: 'too_large' });
  const big = open({ files: 99, bytes: 100 });
  writeFileSync(join(big.root, 'a'), 'x'.repeat(101));
  await expect(big.files.scan(big.root, signal)).rejects.toMatchObject({ code: 'too_large' });
});

import { execFileSync } from 'node:child_process';
import { appendFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { setXattr } from '../../../src/host/syscalls.ts';
import { manifestOf } from '../../helpers/manifest.ts';
import { Overlay } from '../../helpers/overlay.ts';
import { scratch } from '../../helpers/scratch.ts';

const TREE = 'mkdir -p a/b; echo 1 >a/1; echo 2 >a/b/2; echo p >plain; echo o >other; mknod null c 1 3';

/** An overlay in which a line was run while somebody did something to the root; gives the path that is named, or ''. */
function conflict(line: string, meanwhile: (root: string) => void): string {
  const overlay = new Overlay(scratch().base, 'trusted', TREE);
  const started = overlay.now();
  overlay.run(line);
  // By the next tick of the file system's clock.
  while (overlay.now() <= started);
  meanwhile(overlay.root);
  try {
    overlay.read(started);
    return '';
  } catch (error) {
    expect(error).toMatchObject({ code: 'world_changed' });
    return /root\/(\S*) was changed/.exec((error as Error).message)?.[1] ?? String(error);
  }
}

const edit =
  (path: string) =>
  (root: string): void =>
    appendFileSync(join(root, path), 'by a person\n');

test.each([
  ['echo x >>plain', 'plain', edit('plain')],
  ['chmod 600 plain', 'plain', edit('plain')],
  ['mv plain moved', 'plain', edit('plain')],
  ['rm plain', 'plain', edit('plain')],
  ['mv other plain', 'plain', edit('plain')],
  ['rm -rf a', 'a', edit('a/b/2')],
  ['rm -rf a', 'a', edit('a/b/new')],
  ['rm -rf a; echo >a', 'a', edit('a/1')],
  ['chmod 700 a', 'a', edit('a/new')],
  ['mv a z; echo 3 >>z/b/2', 'a/b/2', edit('a/b/2')],
  ['echo mine >new', 'new', edit('new')],
  ['mkdir new', 'new', (root: string) => writeFileSync(join(root, 'new'), '')],
  ['echo mine >a/new', 'a', (root: string) => renameSync(join(root, 'a'), join(root, 'z'))],
  ['chmod 600 plain', 'plain', (root: string) => rmSync(join(root, 'plain'))],
  ['mv a/1 z', 'a/1', (root: string) => rmSync(join(root, 'a/1'))],
])('%s conflicts with what somebody does to %s meanwhile', (line, path, meanwhile) => {
  expect(conflict(line, meanwhile)).toBe(path);
});

test.each([
  ['echo mine >a/new', edit('a/other')],
  ['echo x >>plain', edit('other')],
  ['mv a z', edit('a/b/2')],
  ['rm plain', (root: string) => rmSync(join(root, 'plain'))],
])('%s goes with what somebody does elsewhere', (line, meanwhile) => {
  expect(conflict(line, meanwhile)).toBe('');
});

test('a folder that somebody else has put something into keeps its own time', () => {
  const overlay = new Overlay(scratch().base, 'trusted', TREE);
  const started = overlay.now();
  overlay.run('echo mine >a/new');
  while (overlay.now() <= started);
  edit('a/other')(overlay.root);
  expect(overlay.read(started).steps).toMatchObject([{ do: 'put', path: 'a/new' }]);
});

test('a device is not made, and one that is there may be changed and moved', () => {
  const made = new Overlay(scratch().base, 'trusted', TREE);
  made.run('mkdir -p n/m; mknod n/m/zero c 1 5');
  expect(() => made.read()).toThrow(
    expect.objectContaining({ code: 'wrong_type', message: expect.stringContaining('n/m/zero') as string }),
  );
  const moved = new Overlay(scratch().base, 'trusted', TREE);
  moved.run('chmod 600 null; mv null void');
  expect(moved.read().steps.map((step) => `${step.do} ${step.path}`)).toEqual([
    'remove null',
    'put void',
    'attributes void',
    'attributes ',
  ]);
});

test('marks that a command writes itself mean nothing and do not get into the root', () => {
  const forge = (name: string, path: string): string =>
    `python3 -c "import os; os.setxattr('${path}', '${name}', b'/etc')"`;
  for (const flavour of ['trusted', 'user'] as const) {
    const overlay = new Overlay(scratch().base, flavour, TREE.replace('; mknod null c 1 3', ''));
    const names = ['redirect', 'opaque', 'metacopy', 'whiteout', 'origin'].map(
      (name) => `user.overlay.${name}`,
    );
    const lines = names.flatMap((name) => ['a', 'n', 'n/m', 'n/f', 'plain'].map((path) => forge(name, path)));
    overlay.run(['mkdir -p n/m; : >n/f', ...lines].join('\n'));
    const { steps } = overlay.read();
    expect(steps.map((step) => `${step.do} ${step.path}`)).toEqual(['put n', 'attributes ']);
    const told = manifestOf(join(overlay.store, '1/0/upper/n'));
    expect(Object.values(told).map(({ xattrs }) => xattrs)).toEqual([{}, {}, {}]);
  }
});

test('root’s own marks from within are kept apart by the kernel', () => {
  const overlay = new Overlay(scratch().base, 'trusted', TREE);
  overlay.run(`python3 -c "
import os
for name in ('redirect', 'opaque', 'metacopy', 'whiteout'):
    try: os.setxattr('a', 'trusted.overlay.' + name, b'/etc')
    except OSError: pass"`);
  expect(overlay.read().steps).toEqual([]);
});

test.each(['/../outside', '/a/../../outside', 'b/../../outside', '/way/outside', '/a//1', '/', ''])(
  'a redirect to %j leads nowhere',
  (redirect) => {
    const overlay = new Overlay(scratch().base, 'trusted', TREE);
    execFileSync('mkdir', [join(overlay.base, 'outside')]);
    symlinkSync(overlay.base, join(overlay.root, 'way'));
    overlay.run('mv a z');
    setXattr(join(overlay.store, '1/0/upper/z'), 'trusted.overlay.redirect', Buffer.from(redirect));
    expect(() => overlay.read()).toThrow(expect.objectContaining({ code: 'world_changed' }));
  },
);

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Described } from '../../../src/core/effects.ts';
import { describePart } from '../../../src/host/overlay/describe.ts';
import { touchedPaths } from '../../../src/host/overlay/touched.ts';
import { renderDescribed } from '../../../src/tools/file/diff.ts';
import { Overlay } from '../../helpers/overlay.ts';
import { testSecrets } from '../../helpers/secrets.ts';
import { scratch } from '../../helpers/scratch.ts';

const TREE = `mkdir -p a/b old/x; echo 1 >a/1; printf 'one\\ntwo\\n' >a/b/2; echo x >old/x/y; echo k=v >.env
printf 'one\\ntwo\\nthree\\n' >plain; echo other >other; ln -s plain link; printf '\\0\\1' >binary; ln plain twin`;

const isSecret = (path: string): boolean => path.endsWith('.env');

/** Runs a line in an overlay and describes what it changed, with paths relative to the root. */
function described(line: string): { list: Described[]; overlay: Overlay } {
  const overlay = new Overlay(scratch().base, 'trusted', TREE);
  overlay.run(line);
  return { list: describePart(overlay.read(), '1/0', isSecret, () => 'print'), overlay };
}

function changes(line: string): object[] {
  const { list, overlay } = described(line);
  const short = (path: string): string => path.slice(overlay.root.length + 1);
  return list.map(({ change: { path, from, link_to, ...change } }) => ({
    path: short(path),
    ...(from === undefined ? {} : { from: short(from) }),
    ...(link_to === undefined ? {} : { link_to: short(link_to) }),
    ...change,
  }));
}

async function diff(line: string): Promise<string> {
  const { list, overlay } = described(line);
  return renderDescribed(list, list.length, overlay.root, testSecrets());
}

function touched(line: string): string[] {
  const overlay = new Overlay(scratch().base, 'trusted', TREE);
  overlay.run(line);
  const list = [...touchedPaths(overlay.read(), '1/0')];
  return list.map(({ path, change }) => `${change} ${path.slice(overlay.root.length + 1)}`).toSorted();
}

const file = (path: string, change: string, bytes: number, was: number, more: object = {}): object => ({
  path,
  change,
  bytes,
  was,
  ...more,
});

test.each<[string, ...object[]]>([
  ['echo new >new', file('new', 'create', 4, 0)],
  ['rm other', file('other', 'delete', 0, 6)],
  ['echo more >>other', file('other', 'modify', 11, 6, { changed: ['content', 'times'] })],
  ['chmod 600 other', file('other', 'modify', 6, 6, { changed: ['mode'] })],
  ['chown 5 other', file('other', 'modify', 6, 6, { changed: ['owner'] })],
  ['touch -d 2001-01-01 other a', file('other', 'modify', 6, 6, { changed: ['times'] })],
  ['chmod 700 a', file('a', 'modify', 0, 0, { type: 'directory', changed: ['mode'] })],
  ['mv other renamed', file('renamed', 'rename', 6, 6, { from: 'other' })],
  ['mv a z', file('z', 'rename', 0, 0, { from: 'a', type: 'directory' })],
  [
    'mv a z; echo 3 >>z/1; rm z/b/2; echo 4 >z/b/3',
    file('a/b/2', 'delete', 0, 8),
    file('z', 'rename', 0, 0, { from: 'a', type: 'directory' }),
    file('z/1', 'modify', 4, 2, { changed: ['content', 'times'] }),
    file('z/b/3', 'create', 2, 0),
  ],
  ['mv other plain', file('plain', 'delete', 0, 14), file('plain', 'rename', 6, 6, { from: 'other' })],
  ['ln other again', file('again', 'create', 6, 0, { link_to: 'other' })],
  ['echo 4 >>plain', file('plain', 'modify', 16, 14, { changed: ['content', 'times'] })],
  ['rm -rf old', file('old', 'delete', 0, 2, { type: 'directory', entries: 2 })],
  [
    'mkdir -p n/m; echo 1 >n/m/f; ln -s x n/l',
    file('n', 'create', 2, 0, { type: 'directory', entries: 3 }),
    file('n/l', 'create', 0, 0, { type: 'symlink' }),
    file('n/m', 'create', 2, 0, { type: 'directory', entries: 1 }),
    file('n/m/f', 'create', 2, 0),
  ],
  [
    'rm -rf old; echo now >old',
    file('old', 'delete', 0, 2, { type: 'directory', entries: 2 }),
    file('old', 'create', 4, 0),
  ],
  ['ln -sf other link', file('link', 'modify', 0, 0, { type: 'symlink', changed: ['content', 'times'] })],
  ['cp -p other t; cat t >other; touch -r t other; rm t'],
  [
    'mkdir n; for i in $(seq 300); do : >n/$i; done',
    file('n', 'create', 0, 0, { type: 'directory', entries: 300 }),
  ],
])('%s', (line, ...expected) => {
  expect(changes(line)).toEqual(expected);
});

test('a diff shows text, sums up what is none, and follows renames', async () => {
  expect(await diff('sed -i s/two/TWO/ a/b/2; mv a z; printf "\\\\0" >>binary; chmod 600 other; rm -rf old'))
    .toMatchInlineSnapshot(`
    "binary: file 0644, 2 bytes → file 0644, 3 bytes
    old: folder 0755 → nothing
    other: file 0644, 6 bytes → file 0600, 6 bytes
    a → z: folder 0755 → folder 0755
    --- a/z/b/2
    +++ b/z/b/2
    @@ -1,2 +1,2 @@
     one
    -two
    +TWO
    "
  `);
});

test('names cannot pose as lines of the diff, and secrets are not read', async () => {
  const lines = [
    `echo 1 >"$(printf 'x\\n+++ evil')"`,
    `echo 2 >"$(printf 'y\\377\\033[2J')"`,
    `echo s=t >>.env`,
    `mkdir n; echo u=v >n/.env`,
  ];
  const shown = await diff(lines.join('; '));
  expect(shown).not.toMatch(/[su]=/);
  expect(shown).toMatchInlineSnapshot(`
    ".env: file 0644, 4 bytes, fingerprint print → file 0644, 8 bytes, fingerprint print
    n: nothing → folder 0755
    n/.env: nothing → file 0644, 4 bytes, fingerprint print
    --- /dev/null
    +++ "b/x\\\\u{a}+++ evil"
    @@ -0,0 +1,1 @@
    +1
    --- /dev/null
    +++ "b/y\\\\xff\\\\u{1b}[2J"
    @@ -0,0 +1,1 @@
    +2
    "
  `);
  expect(await diff('mv .env plain; chmod 600 plain; ln plain seen')).not.toContain('k=v');
});

test('every path below what comes, goes or moves is touched', () => {
  expect(
    touched('mv a .git; rm -rf old; mkdir -p n/m; echo >n/m/f; chmod 600 other; ln other again'),
  ).toEqual([
    'create again',
    'create n',
    'create n/m',
    'create n/m/f',
    'delete old',
    'delete old/x',
    'delete old/x/y',
    'modify other',
    'rename .git',
    'rename .git/1',
    'rename .git/b',
    'rename .git/b/2',
  ]);
  expect(touched('mkdir n; for i in $(seq 300); do : >n/$i; done').length).toBe(301);
});

test('a text that is no longer what was read is not shown', () => {
  const overlay = new Overlay(scratch().base, 'trusted', TREE);
  overlay.run('rm other');
  const part = overlay.read();
  writeFileSync(join(overlay.root, 'swapped'), 'other');
  overlay.shell('mv swapped other', overlay.root);
  expect(describePart(part, '1/0', isSecret, () => 'print')).toMatchObject([{ before: { text: null } }]);
});

test.each([
  ['mkdir -p n/a; echo 1 >n/a/1; chmod g+s n/a', { n: false, 'n/a': false, 'n/a/1': false }],
  ['mkdir -p n/a; cp /bin/true n/a/1; chmod g+s n/a/1', { n: false, 'n/a': undefined, 'n/a/1': undefined }],
  // What is put into the folder later was not read with it.
  [
    'mkdir n; chmod u+s other; mv other n/; echo 1 >n/1',
    { n: false, 'n/other': undefined, 'n/1': undefined },
  ],
  ['cp /bin/true new; chmod u+s new', { new: true }],
])('nobody has to look for files that run with others’ rights where it is known: %s', (line, known) => {
  const overlay = new Overlay(scratch().base, 'trusted', TREE);
  overlay.run(line);
  const told = [...touchedPaths(overlay.read(), '1/0')].map(({ path, setid }) => [
    path.slice(overlay.root.length + 1),
    setid,
  ]);
  expect(Object.fromEntries(told)).toEqual(known);
});

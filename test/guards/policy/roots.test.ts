import { mkdirSync, symlinkSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type RootsRequest, workspaceOf } from '../../../src/guards/policy/roots.ts';
import { type Scratch, scratch } from '../../helpers/scratch.ts';

const real = (path: string): string | null => {
  try {
    return realpathSync(path);
  } catch {
    return null;
  }
};

function request(folders: Scratch, given: Partial<RootsRequest> = {}): RootsRequest {
  return {
    configured: [],
    added: [],
    announced: null,
    cwd: folders.root,
    home: join(folders.base, 'home', 'somebody'),
    ownFolders: [folders.home],
    configPath: folders.configFile,
    real,
    ...given,
  };
}

function place(): Scratch {
  const made = scratch();
  for (const folder of ['home/somebody/project', 'root/sub', 'state', 'other']) {
    mkdirSync(join(made.base, folder), { recursive: true });
  }
  return made;
}

const code = (request_: RootsRequest): string => {
  try {
    workspaceOf(request_);
    return 'none';
  } catch (error) {
    return (error as { code: string }).code;
  }
};

test('without any configuration the current folder is the root', () => {
  const p = place();
  expect(workspaceOf(request(p))).toEqual({ roots: [p.root], cwd: p.root });
});

test('the system, the home folder and what holds it are no roots by themselves', () => {
  const p = place();
  const home = join(p.base, 'home', 'somebody');
  for (const cwd of ['/', home, join(p.base, 'home')]) expect(code(request(p, { cwd }))).toBe('no_root');
  expect(workspaceOf(request(p, { cwd: join(home, 'project') })).roots).toEqual([join(home, 'project')]);
});

test('a refusal says what to write and where', () => {
  const p = place();
  expect(() => workspaceOf(request(p, { cwd: '/' }))).toThrow(
    expect.objectContaining({ next: expect.stringContaining(p.configFile) as string }) as Error,
  );
});

test('the home folder may be configured', () => {
  const p = place();
  const home = join(p.base, 'home', 'somebody');
  expect(workspaceOf(request(p, { configured: [home], cwd: '/' }))).toEqual({ roots: [home], cwd: home });
});

test('a root of the command line is added to the configured ones', () => {
  const p = place();
  const other = join(p.base, 'other');
  expect(workspaceOf(request(p, { configured: [p.root], added: [other] })).roots).toEqual([p.root, other]);
});

test('a root within another is no root of its own', () => {
  const p = place();
  expect(workspaceOf(request(p, { configured: [p.root, join(p.root, 'sub'), p.root] })).roots).toEqual([
    p.root,
  ]);
});

test('a root that is missing or relative is refused by name', () => {
  const p = place();
  expect(code(request(p, { configured: [join(p.base, 'missing')] }))).toBe('no_root');
  expect(code(request(p, { added: ['sub'] }))).toBe('no_root');
});

test('a linked root is the folder that it leads to', () => {
  const p = place();
  symlinkSync(p.root, join(p.base, 'link'));
  expect(workspaceOf(request(p, { configured: [join(p.base, 'link')], cwd: join(p.base, 'link') }))).toEqual({
    roots: [p.root],
    cwd: p.root,
  });
});

test('state or configuration inside a root, or a root inside them, is refused, through links too', () => {
  const p = place();
  mkdirSync(join(p.home, 'objects'));
  symlinkSync(p.home, join(p.base, 'innocent'));
  for (const root of [p.base, p.home, join(p.home, 'objects'), join(p.base, 'innocent')]) {
    expect(code(request(p, { configured: [root] }))).toBe('unsafe_root');
  }
  expect(code(request(p, { configured: ['/'] }))).toBe('unsafe_root');
});

test('folders that the client announces narrow, and never widen', () => {
  const p = place();
  const sub = join(p.root, 'sub');
  expect(workspaceOf(request(p, { announced: [sub] }))).toEqual({
    roots: [sub],
    cwd: sub,
    named: [p.root],
  });
  expect(workspaceOf(request(p, { announced: [p.base] })).roots).toEqual([p.root]);
  expect(workspaceOf(request(p, { announced: [join(p.base, 'other'), sub] })).roots).toEqual([sub]);
  expect(workspaceOf(request(p, { announced: [sub, p.root] })).roots).toEqual([p.root]);
});

test('where none of the announced folders lies in a root, nothing does', () => {
  const p = place();
  expect(code(request(p, { announced: [join(p.base, 'other')] }))).toBe('no_root');
  expect(code(request(p, { announced: [join(p.base, 'missing')] }))).toBe('no_root');
});

test('a name that only begins like a root is not inside it', () => {
  const p = place();
  mkdirSync(join(p.base, 'root-two'));
  expect(code(request(p, { announced: [join(p.base, 'root-two')] }))).toBe('no_root');
});

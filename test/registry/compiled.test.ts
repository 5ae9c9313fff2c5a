import { cpSync, mkdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { PACKAGE_ROOT } from '../../src/app.ts';
import { compile, compiledRegistry } from '../../src/registry/compiled.ts';
import { readRegistry } from '../../src/registry/load-registry.ts';
import { openRegistry } from '../../src/registry/open-registry.ts';
import { type Registry, registryOf } from '../../src/registry/registry.ts';
import { scratch } from '../helpers/scratch.ts';

interface Copy {
  readonly folder: string;
  readonly compiled: string;
}

const DATA = readRegistry(join(PACKAGE_ROOT, 'registry'));
const REGISTRY = registryOf(DATA);

/** The shipped registry, and what a build makes of it, where a test may change both. */
function copy(): Copy {
  const { base } = scratch();
  const [folder, compiled] = [join(base, 'registry'), join(base, 'registry.json')];
  cpSync(join(PACKAGE_ROOT, 'registry'), folder, { recursive: true });
  writeFileSync(compiled, compile(folder, DATA));
  return { folder, compiled };
}

/** All that a registry says, as one value. */
const said = ({ rules, commands, sandbox }: Registry): object => {
  const { programs, ...others } = commands;
  const all = programs.all();
  const named = all.flatMap((program) => program.programs.map((name) => [name, programs.get(name)]));
  return { rules, sandbox, others, all, named };
};

test('a compiled registry is the registry, and needs no check', async () => {
  const { folder, compiled } = copy();
  const { registry, checked } = await openRegistry(folder, [compiled]);
  expect(checked).toBe(true);
  expect(said(registry)).toEqual(said(REGISTRY));
});

test('without a compiled form, or with a broken one, the files are read and are to be checked', async () => {
  const { folder, compiled } = copy();
  const { registry, checked } = await openRegistry(folder, [`${compiled}.missing`]);
  expect(checked).toBe(false);
  expect(said(registry)).toEqual(said(REGISTRY));
  const whole = readFileSync(compiled, 'latin1');
  for (const broken of ['{"digest":', whole.slice(0, whole.lastIndexOf('\n'))]) {
    writeFileSync(compiled, broken);
    expect((await openRegistry(folder, [compiled])).checked).toBe(false);
  }
});

test('any change of the files makes the compiled form void', () => {
  const change = (name: string, text: string): unknown => {
    const { folder, compiled } = copy();
    expect(compiledRegistry(folder, compiled)).not.toBeNull();
    mkdirSync(join(folder, 'more'), { recursive: true });
    writeFileSync(join(folder, name), text);
    return compiledRegistry(folder, compiled);
  };
  expect(change('rules.yaml', 'paths: []\n')).toBeNull();
  expect(change('commands/git.yaml', '[]\n')).toBeNull();
  expect(change('code/python.yaml', 'calls: []\n')).toBeNull();
  expect(change('more.yaml', '')).toBeNull();
  expect(change('more/more.yaml', '')).toBeNull();
  expect(change('notes.txt', 'not a part of it')).not.toBeNull();
});

test('a change is seen by the time of a file, though its length is the same', async () => {
  const { folder, compiled } = copy();
  await sleep(1100);
  writeFileSync(compiled, compile(folder, DATA));
  const rules = join(folder, 'rules.yaml');
  const text = readFileSync(rules, 'utf8');
  const { atime, mtime } = statSync(rules);
  expect(compiledRegistry(folder, compiled)).not.toBeNull();
  writeFileSync(rules, text.replace('HIGH', 'SAFE'));
  utimesSync(rules, atime, mtime);
  expect(compiledRegistry(folder, compiled)).toBeNull();
  // Of the same text, it is the same registry again, whatever its time.
  writeFileSync(rules, text);
  expect(compiledRegistry(folder, compiled)).not.toBeNull();
});

test('an entry that was changed after the build is the one that counts', async () => {
  const { folder, compiled } = copy();
  const rules = 'read_only_lines: [only this]\npaths: []\ncircumstances: []\n';
  writeFileSync(join(folder, 'rules.yaml'), rules);
  const opened = await openRegistry(folder, [compiled]);
  expect(opened.registry.rules.read_only_lines).toEqual(['only this']);
  expect(opened.checked).toBe(false);
});

test('the same text under another name is another registry', () => {
  const { folder, compiled } = copy();
  writeFileSync(join(folder, 'a.yaml'), 'x: 1\n');
  writeFileSync(compiled, compile(folder, DATA));
  expect(compiledRegistry(folder, compiled)).not.toBeNull();
  const other = copy();
  writeFileSync(join(other.folder, 'b.yaml'), 'x: 1\n');
  expect(compiledRegistry(other.folder, compiled)).toBeNull();
});

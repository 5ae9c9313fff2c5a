import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { PACKAGE_ROOT } from '../../src/app.ts';
import { compile, compiledRegistry } from '../../src/registry/compiled.ts';
import { readRules } from '../../src/registry/load-rules.ts';
import { openRules } from '../../src/registry/open-rules.ts';
import { RULES } from '../helpers/assess.ts';
import { scratch } from '../helpers/scratch.ts';

interface Copy {
  readonly folder: string;
  readonly compiled: string;
}

/** The shipped registry, and what a build makes of it, where a test may change both. */
function copy(): Copy {
  const { base } = scratch();
  const [folder, compiled] = [join(base, 'registry'), join(base, 'registry.json')];
  cpSync(join(PACKAGE_ROOT, 'registry'), folder, { recursive: true });
  writeFileSync(compiled, compile(folder, { 'rules.yaml': readRules(folder) }));
  return { folder, compiled };
}

test('compiled rules are the rules, and need no check', async () => {
  const { folder, compiled } = copy();
  expect(await openRules(folder, compiled)).toEqual({ rules: RULES, checked: true });
});

test('without a compiled form, or with a broken one, the files are read and are to be checked', async () => {
  const { folder, compiled } = copy();
  expect(await openRules(folder, `${compiled}.missing`)).toEqual({ rules: RULES, checked: false });
  writeFileSync(compiled, '{"digest":');
  expect(await openRules(folder, compiled)).toEqual({ rules: RULES, checked: false });
});

test('any change of the files makes the compiled form void', async () => {
  const change = (name: string, text: string): unknown => {
    const { folder, compiled } = copy();
    expect(compiledRegistry(folder, compiled)).not.toBeNull();
    mkdirSync(join(folder, 'commands'), { recursive: true });
    writeFileSync(join(folder, name), text);
    return compiledRegistry(folder, compiled);
  };
  expect(change('rules.yaml', 'commands: []\n')).toBeNull();
  expect(change('more.yaml', '')).toBeNull();
  expect(change('commands/more.yaml', '')).toBeNull();
  expect(change('notes.txt', 'not a part of it')).not.toBeNull();
});

test('a rule that was changed after the build is the one that counts', async () => {
  const { folder, compiled } = copy();
  const rules = 'read_only_lines: [only this]\ncommands: []\npaths: []\ncircumstances: []\n';
  writeFileSync(join(folder, 'rules.yaml'), rules);
  const opened = await openRules(folder, compiled);
  expect(opened.rules.read_only_lines).toEqual(['only this']);
  expect(opened.checked).toBe(false);
});

test('the same text under another name is another registry', () => {
  const { folder, compiled } = copy();
  writeFileSync(join(folder, 'a.yaml'), 'x: 1\n');
  writeFileSync(compiled, compile(folder, {}));
  expect(compiledRegistry(folder, compiled)).toEqual({});
  const other = copy();
  writeFileSync(join(other.folder, 'b.yaml'), 'x: 1\n');
  expect(compiledRegistry(other.folder, compiled)).toBeNull();
});

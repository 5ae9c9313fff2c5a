import { join } from 'node:path';
import { readFileSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { PACKAGE_ROOT } from '../../src/app.ts';
import { checkExamples } from '../../src/guards/risk/examples.ts';
import { parseCard } from '../../src/registry/cards.ts';
import { loadConfig } from '../../src/registry/config-file.ts';
import { configPath } from '../../src/registry/config-path.ts';
import { parseRules } from '../../src/registry/load-rules.ts';
import { RULES } from '../helpers/assess.ts';
import { scratch } from '../helpers/scratch.ts';

const said = (work: () => unknown): string => {
  try {
    work();
    return 'nothing';
  } catch (error) {
    const { code, message } = error as { code: string; message: string };
    return `${code} ${message}`;
  }
};

test('every rule that is shipped holds its own examples', () => {
  expect(() => checkExamples(RULES)).not.toThrow();
  expect(RULES.commands.length).toBeGreaterThan(20);
});

const RULE = `read_only_lines: []
paths: []
circumstances: []
commands:
  - id: one
    reason: It does something or other.
    level: LOW
    program: [one]
    match: [one a]
    not_match: [two]
`;

test('a rule that breaks an example is named, with the example', () => {
  expect(said(() => checkExamples(parseRules(RULE.replace('[one a]', '[three]'), 'r.yaml')))).toBe(
    'registry_invalid rule one does not match: three',
  );
  expect(said(() => checkExamples(parseRules(RULE.replace('[two]', '[one b]'), 'r.yaml')))).toBe(
    'registry_invalid rule one must not match: one b',
  );
});

test.each([
  ['an unknown level', RULE.replace('LOW', 'NONE'), 'r.yaml:7: commands.0.level'],
  ['an unknown key', RULE.replace('    level', '    lvl: 1\n    level'), 'r.yaml:7: commands.0.lvl'],
  ['no example', RULE.replace('[two]', '[]'), 'r.yaml:10: commands.0.not_match'],
  ['neither program nor text', RULE.replace('    program: [one]\n', ''), 'either program or text'],
  ['targets alone', RULE.replace('    match', '    targets: rest\n    match'), 'targets and change go together'],
  ['no YAML', 'commands: [', 'r.yaml:1'],
  ['two with one id', RULE + RULE.slice(RULE.indexOf('  - id')), 'two rules have the same id'],
  ['an expression that is none', RULE.replace('    match', "    args: '('\n    match"), 'r.yaml:9: commands.0.args: not a regular expression'],
])('a broken file of rules is refused by file, line and key: %s', (_, source, where) => {
  const message = said(() => parseRules(source, 'r.yaml'));
  expect(message).toMatch(/^registry_invalid /);
  expect(message).toContain(where);
});

test('a card is front matter and a prompt', () => {
  const source = readFileSync(join(PACKAGE_ROOT, 'agents', 'ops.md'), 'utf8');
  expect(parseCard(source, 'ops.md').name).toBe('ops');
  expect(said(() => parseCard('no front matter', 'x.md'))).toContain('registry_invalid x.md: it does not begin');
  expect(said(() => parseCard('---\nname: Bad Name\n---\nx', 'x.md'))).toContain('x.md:1: name');
});

test.each([
  ['an unknown key', 'rots: []\n', ':1: rots'],
  ['an unknown key within', 'autonomy: safe\nlimits:\n  files: 3\n', ':3: limits.files'],
  ['a wrong type', 'autonomy: safe\nroots: /x\n', ':2: roots'],
  ['a wrong value', '\nautonomy: total\n', ':2: autonomy'],
  ['a number out of bounds', 'limits: { file_bytes: -1 }\n', ':1: limits.file_bytes'],
  ['a tab', 'limits:\n\tfile_bytes: 1\n', ':2'],
  ['a key twice', 'autonomy: safe\nautonomy: full\n', ':2'],
  ['a list', '- a\n', ': the file'],
  ['an alias that explodes', 'roots: &a [*a]\n', 'config.yaml'],
])('an error in the configuration names line and key: %s', (_, source, where) => {
  const { configFile } = scratch(source);
  const message = said(() => loadConfig(configFile));
  expect(message).toMatch(/^config_invalid /);
  expect(message).toContain(configFile);
  expect(message).toContain(where);
});

test('no file and an empty file are valid, and all defaults', () => {
  const { configFile } = scratch();
  const none = loadConfig(configFile);
  expect(none.source).toBeNull();
  writeFileSync(configFile, '# nothing\n');
  expect(loadConfig(configFile).config).toEqual(none.config);
  expect(none.config.autonomy).toBe('supervised');
});

test('the configuration is looked for where the option, then the environment says', () => {
  expect(configPath('/a/b.yaml', {})).toBe('/a/b.yaml');
  expect(configPath(undefined, { XDG_CONFIG_HOME: '/c' })).toBe('/c/homeostat/config.yaml');
});

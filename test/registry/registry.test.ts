import { join } from 'node:path';
import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { PACKAGE_ROOT } from '../../src/app.ts';
import { checkExamples } from '../../src/guards/risk/examples.ts';
import { withOwnCards } from '../../src/registry/cards.ts';
import { loadConfig } from '../../src/registry/config-file.ts';
import { configPath } from '../../src/registry/config-path.ts';
import { readRegistry } from '../../src/registry/load-registry.ts';
import { registryOf } from '../../src/registry/registry.ts';
import { REGISTRY } from '../helpers/assess.ts';
import { scratch } from '../helpers/scratch.ts';

const DATA = readRegistry(join(PACKAGE_ROOT, 'registry'));

const said = (work: () => unknown): string => {
  try {
    work();
    return 'nothing';
  } catch (error) {
    const { code, message } = error as { code: string; message: string };
    return `${code} ${message}`;
  }
};

test('every entry that is shipped holds its own examples', () => {
  expect(() => checkExamples(REGISTRY)).not.toThrow();
  expect(DATA.catalogue.programs.length).toBeGreaterThan(300);
});

test('no program stands in two entries', () => {
  const { programs } = REGISTRY.commands;
  const names = new Set(programs.all().flatMap((program) => program.programs));
  const twice = [...names].filter((name) => programs.get(name)?.length !== 1);
  expect(twice).toEqual([]);
});

const ENTRY = `- id: one
  reason: It does something or other.
  programs: [one]
  rules:
    - { sub: [go], effect: service, level: HIGH }
    - { sub: [look], level: SAFE }
  match: [one go]
  not_match: [one look]
`;

/** What is said of a registry with these texts in place of its own. */
function saidOf(files: Record<string, string>): string {
  const { base } = scratch();
  const folder = join(base, 'registry');
  cpSync(join(PACKAGE_ROOT, 'registry'), folder, { recursive: true });
  rmSync(join(folder, 'commands'), { recursive: true });
  mkdirSync(join(folder, 'commands'));
  for (const [name, text] of Object.entries({ 'commands/area.yaml': ENTRY, ...files })) {
    writeFileSync(join(folder, name), text);
  }
  return said(() => checkExamples(registryOf(readRegistry(folder)))).replace(`${folder}/`, '');
}

test('an entry that holds its examples is taken', () => {
  expect(saidOf({})).toBe('nothing');
});

test.each([
  ['it does not match', ENTRY.replace('[one go]', '[one look]'), 'rule one does not match: one look'],
  ['it must not match', ENTRY.replace('[one look]', '[one go]'), 'rule one must not match: one go'],
  [
    'its handler is unknown',
    ENTRY.replace('  rules', '  handler: nobody\n  rules'),
    'command one: there is no handler nobody',
  ],
])('an entry is named where %s', (_, area, what) => {
  expect(saidOf({ 'commands/area.yaml': area })).toBe(`registry_invalid ${what}`);
});

test.each([
  ['an unknown level', ENTRY.replace('HIGH', 'NONE'), ':5: 0.rules.0.level'],
  ['an unknown key', ENTRY.replace('  rules', '  lvl: 1\n  rules'), ':4: 0.lvl'],
  ['no example', ENTRY.replace('[one look]', '[]'), ':8: 0.not_match'],
  ['no program', ENTRY.replace('[one]', '[]'), ':3: 0.programs'],
  ['a rule that says nothing', ENTRY.replace('level: SAFE', 'min: 1'), ':6: 0.rules.1: a rule needs'],
  [
    'an unknown selector',
    ENTRY.replace('level: SAFE', 'level: SAFE, on: somewhere else'),
    ':6: 0.rules.1.on',
  ],
  ['no YAML', '- id: [', ':1'],
  ['an id twice', ENTRY + ENTRY, 'two commands have the id one'],
])('a broken file of commands is refused by file, line and key: %s', (_, area, where) => {
  const message = saidOf({ 'commands/area.yaml': area });
  expect(message).toMatch(
    where.startsWith(':') ? /^registry_invalid commands\/area\.yaml/ : /^registry_invalid /,
  );
  expect(message).toContain(where);
});

test.each([
  ['rules.yaml', 'read_only_lines: []\npaths: [{ id: a }]\ncircumstances: []\n', 'rules.yaml:2: paths.0'],
  ['verbs.yaml', 'lose: 1\n', 'verbs.yaml:1: lose'],
  ['http.yaml', '- id: A\n', 'http.yaml:1: 0.id'],
  ['code/python.yaml', 'calls: [{ id: a, kind: none }]\n', 'code/python.yaml:1: calls.0.kind'],
])('a broken %s is refused by file, line and key', (name, text, where) => {
  expect(saidOf({ [name]: text })).toContain(`registry_invalid ${where}`);
});

/** A card as a person may write it, and what is said of it. */
const ownCard = (text: string): ReturnType<typeof withOwnCards> =>
  withOwnCards(new Map(), [{ file: 'x.md', text }], new Set(['read_file']));
const front = (lines: string): string =>
  `---\nname: mine\ntitle: Mine\ndescription: Mine.\ntools: [read_file]\n${lines}\n---\nDo it.\n`;

test('a card is front matter and a prompt; what it does not say is the least', () => {
  expect(ownCard(front('')).get('mine')).toMatchObject({
    own: true,
    prompt: 'Do it.',
    roots: ['.'],
    services: [],
    limits: { steps: 40, minutes: 60, actions: 100, risk: 2000 },
  });
  expect(said(() => ownCard('no front matter'))).toContain('config_invalid x.md: it does not begin');
  expect(said(() => ownCard('---\nname: Bad Name\n---\nx'))).toContain('x.md:1: name');
});

test.each([
  ['an unknown key', 'rots: []', 'rots'],
  ['a way up', 'roots: [a/../..]', 'holds ..'],
  ['a pattern of more than one name', 'roots: ["**"]', 'only * stands'],
  ['a service that is none', 'services: ["a b"]', 'services.0'],
  ['a limit of nothing', 'limits: { actions: 0 }', 'limits.actions'],
  ['a level that there is none of', 'autonomy: total', 'autonomy'],
])('a card with %s is refused', (_, lines, where) => {
  expect(said(() => ownCard(front(lines)))).toContain(where);
});

test('a card names tools that there are, has a prompt, and takes no other’s name', () => {
  expect(said(() => ownCard(front('').replace('read_file', 'Read_File')))).toContain(
    'no tool called Read_File',
  );
  expect(said(() => ownCard(front('').replace('Do it.', '')))).toContain('no prompt');
  const file = { file: 'y.md', text: front('') };
  expect(said(() => withOwnCards(ownCard(front('')), [file], new Set(['read_file'])))).toContain(
    'two cards are called mine',
  );
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

import { join } from 'node:path';
import { expect, test } from 'vitest';
import { composeApp, type Found, type Row, asked, findings, folderOf } from './files.ts';

const t = await composeApp();

const base =
  'services:\n  a: {image: x}\n  b: {image: y, profiles: [debug]}\n  c: {image: z, profiles: [other]}\n';

interface Seen {
  values: Row[];
  inactive: string[];
  files: string[];
  problems: string[];
}

const inactive = async (env: string, more: object = {}): Promise<string[]> => {
  const files = { 'compose.yml': base, ...(env === '' ? {} : { '.env': env }) };
  const seen = await asked<Seen>(t, 'read_compose', files, more);
  const checked = await asked<Seen>(t, 'validate_compose', files, more);
  expect(checked.inactive).toEqual(seen.inactive);
  return seen.inactive;
};

test('profiles are those asked for, else those of a .env that nobody is shown', async () => {
  expect(await inactive('')).toEqual(['b', 'c']);
  expect(await inactive('COMPOSE_PROFILES=debug\n')).toEqual(['c']);
  expect(await inactive("export COMPOSE_PROFILES='debug, other' # both\n")).toEqual([]);
  expect(await inactive('COMPOSE_PROFILES=*\n')).toEqual([]);
  expect(await inactive('COMPOSE_PROFILES=debug\n', { profiles: ['other'] })).toEqual(['b']);
  expect(await inactive('COMPOSE_PROFILES=debug\n', { profiles: [] })).toEqual(['b', 'c']);
});

test('of a hidden .env nothing else is told by it: profiles made of other variables are refused', async () => {
  const files = { 'compose.yml': base, '.env': 'TOKEN=debug\nCOMPOSE_PROFILES=$TOKEN\n' };
  const found = await findings(t, files);
  expect(found.find(({ code }) => code === 'hidden_setting')).toMatchObject({ severity: 'error' });
  expect(await inactive(files['.env'])).toEqual(['b', 'c']);
});

const codes = (found: readonly Found[]): string[] =>
  found.flatMap(({ code, severity }) => (severity === 'error' ? [code] : []));

const STACKS: readonly (readonly [what: string, services: string, errors: readonly string[], withDebug: readonly string[]])[] = [
  ['a service that another profile starts', 'a: {image: x, depends_on: [b]}\n  b: {image: y, profiles: [debug]}', ['inactive_service'], []],
  ['one that need not be there', 'a: {image: x, depends_on: {b: {condition: service_started, required: false}}}\n  b: {image: y, profiles: [debug]}', [], []],
  ['the network of one', 'a: {image: x, network_mode: "service:b"}\n  b: {image: y, profiles: [debug]}', ['inactive_service'], []],
  ['what an inactive service uses', 'b: {image: y, profiles: [debug], volumes: ["data:/d"]}', [], ['undefined_name']],
  ['what an inactive service needs', 'b: {image: y, profiles: [debug], depends_on: [c]}\n  c: {image: z, profiles: [other]}', [], ['inactive_service']],
  ['ports that never meet', 'b: {image: y, profiles: [debug], ports: ["80:80"]}\n  c: {image: y, profiles: [other], ports: ["80:81"]}', [], []],
  ['ports that meet with the profile', 'a: {image: x, ports: ["80:80"]}\n  b: {image: y, profiles: [debug], ports: ["80:80"]}', [], ['port_clash']],
]; // prettier-ignore

test.each(STACKS)('%s', async (_, services, errors, withDebug) => {
  const files = { 'compose.yml': `services:\n  ${services}\n` };
  const found = await findings(t, files);
  expect(codes(found)).toEqual(errors);
  expect(codes(await findings(t, files, { profiles: ['debug'] }))).toEqual(withDebug);
  expect(codes(await findings(t, { ...files, '.env': 'COMPOSE_PROFILES=debug\n' }))).toEqual(withDebug);
  // What only comes with a profile is told all the same.
  for (const code of withDebug.filter((one) => one !== 'inactive_service')) expect(found.find((one) => one.code === code)).toMatchObject({ severity: 'note' });
}); // prettier-ignore

/** Which files are read, by what is named. */
async function read(files: Record<string, string>, ...named: string[]): Promise<string[]> {
  const folder = folderOf(t, files);
  for (const tool of ['read_compose', 'validate_compose']) {
    const report = await t.ask(tool, { paths: named.map((name) => join(folder, name)) });
    expect(report.error).toBeNull();
    const seen = (report.result as Seen).files.map((file) =>
      file.slice(file.indexOf(folder) + folder.length + 1),
    );
    if (tool === 'validate_compose') return seen;
  }
  return [];
}

const file = 'services: {web: {image: i}}\n';
const many = {
  'compose.yaml': file,
  'docker-compose.yml': file,
  'compose.override.yml': file,
  'docker-compose.override.yml': file,
  'other.yml': file,
};

test('a folder, or the default file alone, means what docker compose reads there', async () => {
  expect(await read(many, '')).toEqual(['compose.yaml', 'compose.override.yml']);
  expect(await read(many, 'compose.yaml')).toEqual(['compose.yaml', 'compose.override.yml']);
  expect(await read(many, 'docker-compose.yml')).toEqual(['docker-compose.yml', 'compose.override.yml']);
  expect(await read(many, 'other.yml')).toEqual(['other.yml']);
  expect(await read(many, 'compose.yaml', 'other.yml')).toEqual(['compose.yaml', 'other.yml']);
  expect(await read({ 'compose.yml': file }, '')).toEqual(['compose.yml']);
});

test('COMPOSE_FILE of a .env says what a folder means, and nothing of files that are named', async () => {
  const env = { ...many, '.env': 'COMPOSE_FILE=other.yml:docker-compose.yml\n' };
  expect(await read(env, '')).toEqual(['other.yml', 'docker-compose.yml']);
  expect(await read(env, 'compose.yaml')).toEqual(['compose.yaml', 'compose.override.yml']);
  const parted = { ...many, '.env': 'COMPOSE_PATH_SEPARATOR=,\nCOMPOSE_FILE=other.yml,compose.yaml\n' };
  expect(await read(parted, '')).toEqual(['other.yml', 'compose.yaml']);
});

test.each([
  ['made of other variables', { ...many, '.env': 'X=other.yml\nCOMPOSE_FILE=$X\n' }, 'invalid_input'],
  ['beginning elsewhere', { ...many, '.env': 'COMPOSE_FILE=sub/other.yml\n', 'sub/other.yml': file }, 'invalid_input'],
  ['of a folder without any', { 'other.yml': file }, 'not_found'],
])('%s, it is refused', async (_, files, code) => {
  const report = await t.ask('read_compose', { paths: [folderOf(t, files)] });
  expect(report.error).toMatchObject({ code });
}); // prettier-ignore

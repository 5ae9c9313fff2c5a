// What an agent tries that works under a card: to get at more than the card names.
import { existsSync, lstatSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { PACKAGE_ROOT, openApp } from '../../src/app.ts';
import type { Principal } from '../../src/core/principal.ts';
import { PASSPHRASE, type TestApp } from '../helpers/app.ts';
import { expectOnRecord, sharedApp } from '../helpers/attack.ts';
import { auditOf } from '../helpers/state.ts';

const CARD = (name: string, more: string): string =>
  `---\nname: ${name}\ntitle: T\ndescription: D.\n${more}\n---\nWork.\n`;

/** All tools and no limit in the way but the cards'. */
const t = sharedApp(`
autonomy: full
toolsets: [core, process, docker, compose]
approvals: { require: terminal }
limits: { held_actions: 1000, actions_per_minute: 100000 }
agents: { security: { autonomy: observe } }
`);
const narrow = { card: 'web-only', client: 'test' };
const few = { card: 'few' };

beforeAll(async () => {
  const own = join(t.configFile, '..', 'agents');
  for (const folder of [own, ...['web', 'db', 'web/src'].map((name) => join(t.root, name))])
    mkdirSync(folder, { recursive: true });
  writeFileSync(join(t.root, 'db', 'data.txt'), 'precious\n');
  writeFileSync(join(t.root, 'web', 'compose.yaml'), 'services:\n  web:\n    image: busybox\n');
  const tools =
    'tools: [read_file, write_file, run_command, start_process, edit_compose, list_files, query_audit, diff_snapshot, rollback, assess_action]';
  writeFileSync(join(own, 'web.md'), CARD('web-only', `${tools}\nroots: [web]\nservices: [web]`));
  writeFileSync(
    join(own, 'few.md'),
    CARD('few', 'tools: [write_file, rollback]\nlimits: { actions: 3, risk: 1000 }'),
  );
  writeFileSync(join(own, 'tame.md'), CARD('tame', 'tools: [write_file, run_command]\nlimits: { risk: 25 }'));
  writeFileSync(
    join(own, 'glob.md'),
    CARD('glob', 'tools: [read_file, write_file, list_files, get_status]\nroots: ["*/public"]'),
  );
  const person = await t.app.operator();
  await person.confirm('look', { passphrase: PASSPHRASE, terminal: false });
  const app = openApp({ env: t.env });
  await (await app.operator()).trustConfig({ passphrase: PASSPHRASE, terminal: false });
  await app.gateway.close();
  await reopened(t);
});

/** The same place as a server that starts anew sees it. */
async function reopened(at: TestApp): Promise<void> {
  await at.app.gateway.close();
  const fresh = openApp({ env: at.env });
  Object.assign(at, { app: fresh });
  const connection = (who: Partial<Principal> = {}): Parameters<typeof fresh.gateway.call>[2] => ({
    principal: { client: 'test', card: null, user: 'tester', ...who },
    cwd: at.root,
    announced: null,
    signal: new AbortController().signal,
  });
  const call = async (tool: string, input: object = {}, who?: Partial<Principal>): Promise<never> =>
    (await fresh.gateway.call(tool, input, connection(who))) as never;
  Object.assign(at, { act: call, ask: call, close: async () => fresh.gateway.close() });
}

const code = async (tool: string, input: object, who: Partial<Principal> = narrow): Promise<unknown> => {
  const report = await t.act(tool, input, who);
  // Which writes down what queries have waiting.
  await t.ask('query_audit', { limit: 1 });
  expectOnRecord(t, report);
  return report.error?.code;
};

test.each([
  ['start_process', { command: 'sleep 1' }],
  ['exec_in_container', { container: 'web', command: 'id' }],
  ['commit_stage', { id: 'abc' }],
  ['delete_file', { path: 'x' }],
  ['list_snapshots', {}],
])('a tool that the card does not name is refused before its input is looked at: %s', async (tool, input) => {
  expect(await code(tool, input, { card: 'ops' })).toBe('tool_not_on_card');
  expect(await code(tool, {}, { card: 'ops' })).toBe('tool_not_on_card');
});

test.each(['Write_File', 'write_file ', 'constructor', '__proto__', 'toString', 'forced_rollback'])(
  'no other spelling is a tool: %j',
  async (tool) => {
    expect(await code(tool, { path: 'a', content: '' }, few)).toBe('unknown_tool');
  },
);

test.each(['constructor', '__proto__', 'OPS', 'ops ', 'nobody', ''])(
  'a card that there is none of lets nothing through: %j',
  async (card) => {
    for (const tool of ['write_file', 'get_status', 'run_command'])
      expect((await t.act(tool, {}, { card })).error?.code, tool).toBe('not_found');
  },
);

test('naming another card in the input is an unknown field', async () => {
  for (const field of ['card', 'agent', 'principal'])
    expect(await code('write_file', { path: 'a', content: '', [field]: 'ops' })).toBe('invalid_input');
});

test('a path beyond the folders of the card is refused, by dots, links and whole paths', async () => {
  const outside = join(t.root, 'db', 'data.txt');
  symlinkSync(outside, join(t.root, 'web', 'link.txt'));
  symlinkSync(join(t.root, 'db'), join(t.root, 'web', 'folder'));
  for (const path of ['../db/data.txt', outside, 'link.txt', 'folder/data.txt', 'src/../../db/data.txt']) {
    expect(await code('read_file', { path }), path).toBe('outside_roots');
    expect(await code('write_file', { path, content: 'x' }), path).toBe('outside_roots');
  }
  expect(await code('list_files', { path: '..' })).toBe('outside_roots');
  expect(readFileSync(outside, 'utf8')).toBe('precious\n');
});

test.each([
  'cat ../db/data.txt > got',
  'cd ../db && echo x >> data.txt',
  'cd / && cat "$OLDPWD/../db/data.txt" > got',
  'python3 -c "print(open(\'../db/data.txt\').read())" > got',
  'ln -s ../db/data.txt l && cat l > got',
  'ln ../db/data.txt hard',
  'cp -r .. copy',
  'tar cf got.tar ..',
])('a line neither reads nor changes what lies beyond: %s', async (command) => {
  const report = await t.act('run_command', { command, on_failure: 'keep' }, narrow);
  for (const file of ['got', 'got.tar', 'hard', 'copy/db/data.txt']) {
    const path = join(t.root, 'web', file);
    // A link that is left there leads on only outside the box.
    if (lstatSync(path, { throwIfNoEntry: false })?.isFile() === true)
      expect(readFileSync(path, 'latin1'), file).not.toContain('precious');
  }
  expect(JSON.stringify(report)).not.toContain('precious\\n');
  expect(readFileSync(join(t.root, 'db', 'data.txt'), 'utf8')).toBe('precious\n');
});

test('a line outside the sandbox, where nothing holds it to folders, is refused and never asked about', async () => {
  const report = await t.act('run_command', { command: 'touch new', sandbox: 'none' }, narrow);
  expect(report).toMatchObject({ outcome: 'denied', error: { code: 'root_not_on_card' } });
  expectOnRecord(t, report, 'action.refused');
});

test.each([
  'docker restart db',
  'docker stop $(docker ps -q)',
  'docker stop web db',
  'd=docker; $d logs db',
  'bash -c "docker exec db id"',
  'docker ps',
  'docker compose down',
  'systemctl stop postgres',
  'docker -H tcp://127.0.0.1:2375 stop web',
])('a line that speaks to a service which the card does not name is refused: %s', async (command) => {
  const report = await t.act('run_command', { command }, narrow);
  expect(report).toMatchObject({ outcome: 'denied', error: { code: 'service_not_on_card' } });
  expectOnRecord(t, report);
});

test('a line that speaks to the card’s own service goes its way', async () => {
  const report = await t.act('run_command', { command: 'docker restart web' }, narrow);
  expect(report.error?.code).not.toBe('service_not_on_card');
});

test.each(['../db:/x', '/:/host', '/var/run/docker.sock:/s'])(
  'no bind mount takes a container beyond the folders: %s',
  async (value) => {
    const operations = [{ op: 'add_volume', service: 'web', value }];
    const report = await t.act('edit_compose', { path: 'compose.yaml', operations }, narrow);
    const { outcome, error } = report;
    expect({ outcome, code: error?.code }, JSON.stringify(report)).toEqual({
      outcome: 'denied',
      code: 'root_not_on_card',
    });
  },
);

test('what others did beyond the folders is neither shown, nor undone, nor in the record', async () => {
  const other = await t.act('write_file', { path: 'db/new.txt', content: 'theirs' });
  const id = other.action_id ?? '';
  expect(await code('diff_snapshot', { id })).toBe('root_not_on_card');
  expect(await code('rollback', { id })).toBe('root_not_on_card');
  expect(await code('assess_action', { tool: 'rollback', input: { id } })).toBe('root_not_on_card');
  for (const input of [{}, { action_id: id }, { resource: join(t.root, 'db') }, { text: 'db' }]) {
    const { result } = await t.ask('query_audit', { ...input, limit: 200 }, narrow);
    const found = (result as { records: { action_id: string | null; agent: string }[] }).records;
    expect(found.filter((row) => row.action_id === id)).toEqual([]);
    expect(new Set(found.map(({ agent }) => agent.split('@')[0]))).not.toContain('test/tester');
  }
  const within = await t.act('write_file', { path: 'web/shared.txt', content: 'seen' });
  expect((await t.ask('diff_snapshot', { id: within.action_id ?? '' }, narrow)).error).toBeNull();
});

test('a folder that an agent lays or links where a pattern fits is not reached by link', async () => {
  mkdirSync(join(t.root, 'web', 'public'), { recursive: true });
  symlinkSync(join(t.root, 'db'), join(t.root, 'public-link'));
  mkdirSync(join(t.root, 'lib'));
  symlinkSync(join(t.root, 'db'), join(t.root, 'lib', 'public'));
  const { result } = await t.ask('get_status', {}, { card: 'glob' });
  expect(result).toMatchObject({ roots: [join(t.root, 'web', 'public')] });
});

test('limits are not given anew to another client’s name, after a restart, or to a second server', async () => {
  const write = (n: number): object => ({ path: `few-${n}.txt`, content: 'x' });
  const first = await t.act('write_file', write(1), few);
  expect(first.outcome).toBe('succeeded');
  expect((await t.act('write_file', { ...write(9), dry_run: true }, few)).outcome).toBe('succeeded');
  await t.act('write_file', write(2), { ...few, client: 'another' });
  await reopened(t);
  await t.act('write_file', write(3), few);
  for (const client of ['test', 'third', 'few@x'])
    expect((await t.act('write_file', write(4), { ...few, client })).error?.code).toBe('card_used_up');
  const second = openApp({ env: t.env });
  const report = await second.gateway.call('write_file', write(5), {
    principal: { client: 'fourth', card: 'few', user: 'tester' },
    cwd: t.root,
    announced: null,
    signal: new AbortController().signal,
  });
  await second.gateway.close();
  expect(report.error?.code).toBe('card_used_up');
  expect(existsSync(join(t.root, 'few-4.txt'))).toBe(false);
  expect(auditOf(t).filter(({ error }) => error === 'card_used_up').length).toBeGreaterThanOrEqual(4);
  // What it did it can still take back, and once more it cannot do it.
  const undo = await t.act('rollback', { id: first.action_id ?? '' }, few);
  expect(undo.outcome).toBe('succeeded');
  expect((await t.act('rollback', { id: undo.action_id ?? '' }, few)).error?.code).toBe('card_used_up');
});

test('a named run has limits of its own, whoever connects under it and however often', async () => {
  const run = { ...few, run: 'nightly' };
  for (const n of [1, 2, 3]) await t.act('write_file', { path: `run-${n}`, content: 'x' }, run);
  const again = { ...run, client: 'other' };
  expect((await t.act('write_file', { path: 'run-4', content: 'x' }, again)).error?.code).toBe(
    'card_used_up',
  );
  expect((await t.act('write_file', { path: 'run-5', content: 'x' }, { ...few, run: 'next' })).outcome).toBe(
    'succeeded',
  );
});

test('several at once do not spend more than there is', async () => {
  const run = { ...few, run: 'together' };
  const all = await Promise.all(
    [1, 2, 3, 4, 5, 6].map(async (n) => t.act('write_file', { path: `at-once-${n}`, content: 'x' }, run)),
  );
  expect(all.filter(({ outcome }) => outcome === 'succeeded')).toHaveLength(3);
});

test('a budget of risk is spent by what an action turned out to do', async () => {
  const who = { card: 'tame', run: 'risky' };
  expect((await t.act('write_file', { path: 'calm.txt', content: 'x' }, who)).outcome).toBe('succeeded');
  const rest = await t.act('run_command', { command: 'rm -rf lib web/src; echo x > .gitconfig' }, who);
  expect(rest.error?.code).toBe('card_used_up');
  expect(existsSync(join(t.root, 'web', 'src'))).toBe(true);
});

test('the ceiling of a card holds under a looser configuration, and the configuration’s under a looser card', async () => {
  const { result } = await t.ask('get_status', {}, { card: 'security' });
  expect(result).toMatchObject({ autonomy: 'observe', agent: 'security' });
  const tried = await t.act('run_command', { command: 'touch x' }, { card: 'security' });
  expect(tried).toMatchObject({ outcome: 'denied', error: { code: 'autonomy_denied' } });
  expect((await t.ask('get_status', {}, { card: 'ops' })).result).toMatchObject({ autonomy: 'supervised' });
});

test('the cards that come with the product, and a person’s own, are out of reach', async () => {
  const own = join(t.configFile, '..', 'agents', 'web.md');
  for (const path of [join(PACKAGE_ROOT, 'agents', 'ops.md'), own]) {
    const before = readFileSync(path, 'utf8');
    expect((await t.act('write_file', { path, content: 'x' })).error?.code).toBe('outside_roots');
    await t.act('run_command', { command: `echo x >> '${path}'`, on_failure: 'keep' });
    expect(readFileSync(path, 'utf8')).toBe(before);
  }
});

test('a card that is changed or added without a person’s word lets nothing through', async () => {
  const own = join(t.configFile, '..', 'agents', 'mine.md');
  writeFileSync(own, CARD('mine', 'tools: [write_file, get_status]'));
  await reopened(t);
  for (const card of ['mine', 'web-only', 'few']) {
    const report = await t.act('write_file', { path: 'web/x', content: '' }, { card });
    expect(report.error, card).toMatchObject({ code: 'tool_not_on_card' });
    expect(report.error?.next).toContain('homeostat trust');
  }
  expect((await t.act('write_file', { path: 'web/ok', content: '' }, { card: 'bug-hunter' })).outcome).toBe(
    'succeeded',
  );
});

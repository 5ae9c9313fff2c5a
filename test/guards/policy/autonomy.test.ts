import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { AUTONOMY, type Autonomy } from '../../../src/core/autonomy.ts';
import { configSchema, tightened } from '../../../src/core/config.ts';
import { PASSPHRASE, type TestApp, testApp } from '../../helpers/app.ts';

/** A place whose configuration gives autonomy to what lies in the root. */
async function withAutonomy(config: (root: string) => string): Promise<TestApp> {
  const first = await testApp();
  for (const name of ['open', 'shut']) mkdirSync(join(first.root, name));
  writeFileSync(join(first.root, 'shut', 'kept'), 'kept');
  writeFileSync(first.configFile, config(first.root));
  await (
    await first.app.operator()
  )
    .trustConfig({ passphrase: PASSPHRASE, terminal: false })
    .catch(() => null);
  await first.close();
  const second = await testApp({ on: first });
  await (await second.app.operator()).trustConfig({ passphrase: PASSPHRASE, terminal: false });
  await second.close();
  return testApp({ on: first });
}

const codeOf = (report: { error: { code: string } | null }): string | null => report.error?.code ?? null;

test('a folder that is only to be looked at is not changed by any tool, line, link or undo', async () => {
  const t = await withAutonomy(
    (root) => `autonomy: full\nautonomy_of: { roots: { ${root}/shut: observe } }\n`,
  );
  symlinkSync(join(t.root, 'shut'), join(t.root, 'open', 'link'));
  const write = async (path: string) => codeOf(await t.act('write_file', { path, content: 'x' }));
  expect(await write('open/a')).toBe(null);
  for (const path of ['shut/a', 'open/../shut/a', 'open/link/a', join(t.root, 'shut/a')])
    expect(await write(path), path).toBe('autonomy_denied');
  const run = async (command: string, cwd?: string) =>
    codeOf(await t.act('run_command', { command, ...(cwd === undefined ? {} : { cwd }) }));
  expect(await run('echo x > b', 'open')).toBe(null);
  for (const command of ['echo x > shut/a', 'cd open/link && touch a', 'rm -r shut', 'mv shut away'])
    expect(await run(command), command).toBe('autonomy_denied');
  // Looking is allowed, and shows what would be.
  const tried = await t.act('write_file', { path: 'shut/a', content: 'x', dry_run: true });
  expect(tried).toMatchObject({ outcome: 'succeeded', effects: { changes: [{ change: 'create' }] } });
  await t.close();
});

test('a card has the tightest of its own and the general autonomy', async () => {
  const t = await withAutonomy(
    () => 'autonomy: safe\nautonomy_of: { cards: { ops: full, security: observe } }\n',
  );
  const autonomy = async (card: string | null) =>
    ((await t.ask('get_status', {}, { card })).result as { autonomy: Autonomy }).autonomy;
  expect(await autonomy(null)).toBe('safe');
  expect(await autonomy('ops')).toBe('safe');
  expect(await autonomy('security')).toBe('observe');
  await t.close();
});

test('a card that does not exist is an error, and no setting without effect', async () => {
  const t = await testApp();
  writeFileSync(t.configFile, 'autonomy_of: { cards: { opz: observe } }\n');
  await t.close();
  const again = await testApp({ on: t });
  expect((await again.ask('get_status')).error).toMatchObject({ code: 'config_invalid' });
  await again.close();
});

test('an untrusted configuration gives no card or folder more, and takes from them', () => {
  const config = (cards: Record<string, Autonomy>, roots: Record<string, Autonomy>) =>
    configSchema.parse({ autonomy_of: { cards, roots } });
  const base = config({ ops: 'safe' }, { '/a': 'observe' });
  expect(tightened(config({ ops: 'full', security: 'safe' }, {}), base).autonomy_of).toEqual({
    cards: { ops: 'safe', security: 'safe' },
    roots: { '/a': 'observe' },
  });
  for (const level of AUTONOMY)
    expect(tightened(config({}, { '/a': level }), base).autonomy_of.roots).toEqual({ '/a': 'observe' });
  expect(tightened(config({ ops: 'observe' }, {}), base).autonomy_of.cards).toEqual({ ops: 'observe' });
});

test('no tool changes it: what an agent writes beside the configuration stays without effect', async () => {
  const t = await testApp();
  const answer = await t.act('write_file', { path: t.configFile, content: 'autonomy: full\n' });
  expect(codeOf(answer)).toBe('outside_roots');
  const line = await t.act('run_command', { command: `echo 'autonomy: full' > ${t.configFile}` });
  expect(line.outcome).not.toBe('succeeded');
  await t.close();
});

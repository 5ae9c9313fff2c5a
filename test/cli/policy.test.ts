import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { PACKAGE_ROOT } from '../../src/app.ts';
import type { Explanation, PolicyTest, Replay } from '../../src/core/judgement.ts';
import { testApp } from '../helpers/app.ts';
import { cli } from '../helpers/cli-in-process.ts';
import { scratch } from '../helpers/scratch.ts';

const RULES = readFileSync(join(PACKAGE_ROOT, 'registry', 'rules.yaml'), 'utf8');

test('policy test holds shipped and edited rules to their examples, and names every broken one', async () => {
  const place = scratch();
  const shipped = await cli(place, ['policy', 'test', '--json']);
  expect(shipped.code).toBe(0);
  const found = shipped.json() as unknown as PolicyTest;
  expect(found.problems).toEqual([]);
  expect(found.examples).toBeGreaterThan(500);

  const edited = join(place.base, 'rules.yaml');
  writeFileSync(
    edited,
    RULES.replace("'**/.mcp.json', ", '').replace('not_match: [bashrc.md]', 'not_match: [.bashrc]'),
  );
  const broken = await cli(place, ['policy', 'test', '--rules', edited, '--json']);
  expect(broken.code).toBe(1);
  expect((broken.json() as unknown as PolicyTest).problems).toEqual([
    'rule client-settings does not match: .mcp.json',
    'rule shell-startup must not match: .bashrc',
  ]);

  const config = join(place.base, 'config.yaml');
  writeFileSync(config, 'autonomy_of: { cards: { nobody: safe } }\n');
  const said = await cli(place, ['policy', 'test', '--config', config]);
  expect(said.code).toBe(1);
  expect(said.out).toContain('autonomy_of.cards.nobody');
});

test('policy replay shows what a changed policy would have decided otherwise, and changes nothing', async () => {
  const t = await testApp();
  const ids: Record<string, string | null> = {};
  for (const path of ['notes', 'keep', '.mcp.json'])
    ids[path] = (await t.act('write_file', { path, content: 'x' })).action_id;
  ids['line'] = (await t.act('run_command', { command: 'echo x > keep' })).action_id;
  await t.close();
  const config = join(t.base, 'changed.yaml');
  const replay = async (text: string, rules = RULES): Promise<Replay> => {
    writeFileSync(config, text);
    writeFileSync(join(t.base, 'rules.yaml'), rules);
    const args = ['policy', 'replay', '--config', config, '--rules', join(t.base, 'rules.yaml'), '--json'];
    return (await cli(t, args)).json() as unknown as Replay;
  };
  expect(await replay('')).toEqual({ actions: 4, differing: [], differing_count: 0 });

  const guarded = await replay('protected: { paths: [keep] }\n');
  expect(
    guarded.differing.map(({ action_id, would }) => [action_id, would.level, would.decision.verdict]),
  ).toEqual([
    [ids['keep'], 'CRITICAL', 'ask'],
    [ids['line'], 'CRITICAL', 'ask'],
  ]);
  const observed = await replay(`autonomy_of: { roots: { ${t.root}: observe } }\n`);
  expect(observed.differing.map(({ would }) => would.decision.verdict)).toEqual(Array(4).fill('deny'));
  const cut = RULES.replace(
    /change: CRITICAL(\n {4}commands_may: \[rebuilt\]\n {4}match: \[\.mcp\.json)/,
    'change: LOW$1',
  );
  expect(cut).not.toBe(RULES);
  const loose = await replay('', cut);
  expect(loose.differing).toMatchObject([
    { action_id: ids['.mcp.json'], would: { decision: { verdict: 'allow' } }, exact: false },
  ]);

  const text = await cli(t, ['policy', 'replay', '--config', config, '--since', '2999-01-01T00:00:00Z']);
  expect(text.out).toContain('0 of 0 actions');
  expect((await cli(t, ['policy', 'replay', '--since', 'yesterday'])).code).not.toBe(0);
  const after = await testApp({ on: t });
  expect((await after.ask('get_status')).result).toMatchObject({ autonomy: 'supervised' });
  await after.close();
});

test('policy explain tells step by step why an action was held, refused or done', async () => {
  const t = await testApp();
  const held = await t.act('run_command', { command: 'echo hunter2 > .mcp.json' });
  const done = await t.act('write_file', { path: 'a', content: 'x' });
  await t.act('write_file', { path: '../out', content: 'x' });
  await t.close();
  const explain = async (id: unknown): Promise<Explanation> =>
    (await cli(t, ['policy', 'explain', String(id), '--json'])).json() as unknown as Explanation;
  const why = await explain(held.action_id);
  expect(why.judgements.map(({ step, decision }) => [step, decision.verdict])).toEqual([
    ['request', 'allow'],
    ['effects', 'ask'],
  ]);
  expect(why.judgements[1]?.risk.factors.map(({ rule }) => rule)).toContain('client-settings');
  expect(why.judgements[1]?.settings).toEqual([{ by: 'autonomy', level: 'supervised' }]);
  expect(why.events.map(({ event }) => event)).toEqual(['action.intended', 'action.held']);
  expect((await explain(done.action_id)).events.at(-1)).toMatchObject({ result: 'succeeded' });
  const text = await cli(t, ['policy', 'explain', String(held.action_id)]);
  expect(text.out).toContain('2. Judged by what its stage was found to do: CRITICAL');
  expect(text.out).toMatch(/ask, since autonomy-supervised/);
  expect((await cli(t, ['policy', 'explain', 'nosuchid00'])).code).toBe(3);
});

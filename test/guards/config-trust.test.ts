import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { configSchema, tightened } from '../../src/core/config.ts';
import { PASSPHRASE, testApp } from '../helpers/app.ts';

const LOOSE = `
roots: [/]
autonomy: full
limits: { actions_per_minute: 9999, command_seconds: 99999, output_bytes: 1000 }
approvals: { require: terminal, expire_hours: 100, notify: 'touch /nowhere' }
`;

test('an untrusted configuration only tightens', () => {
  const base = configSchema.parse({});
  const given = configSchema.parse({
    roots: ['/'],
    autonomy: 'full',
    limits: { actions_per_minute: 9999, output_bytes: 1000 },
    approvals: { require: 'terminal', expire_hours: 100, notify: 'x' },
    protected: { paths: ['a'] },
    probes: { inside: 'http://169.254.169.254/latest/meta-data' },
    metrics: { seconds: 1, kept_bytes: 1_073_741_824 },
  });
  expect(tightened(given, configSchema.parse({}))).toEqual({
    ...base,
    protected: { paths: ['a'], services: [], usual_services: true },
    limits: { ...base.limits, output_bytes: 1000 },
  });
  expect(tightened(configSchema.parse({ autonomy: 'observe' }), configSchema.parse({})).autonomy).toBe(
    'observe',
  );
  expect(
    tightened(configSchema.parse({ approvals: { expire_hours: 1 } }), configSchema.parse({})).approvals
      .expire_hours,
  ).toBe(1);
});

test('a configuration that appears is on record, untrusted, and takes effect when a person trusts it', async () => {
  const t = await testApp();
  await t.act('write_file', { path: 'a', content: 'x' });
  await t.close();
  writeFileSync(t.configFile, LOOSE.replace('[/]', `[${t.root}]`));

  const untrusted = await testApp({ on: t });
  expect((await untrusted.ask('get_status')).result).toMatchObject({
    autonomy: 'supervised',
    configuration: 'untrusted',
    roots: [t.root],
  });
  const seen = await untrusted.ask('query_audit', { action: 'configuration' });
  expect(seen.result).toMatchObject({ records: [{ event: 'config.changed' }] });
  await (await untrusted.app.operator()).trustConfig({ passphrase: PASSPHRASE, terminal: false });
  await untrusted.close();

  const trusted = await testApp({ on: t });
  expect((await trusted.ask('get_status')).result).toMatchObject({
    autonomy: 'full',
    configuration: 'trusted',
  });
  await trusted.close();

  writeFileSync(t.configFile, `${readFileSync(t.configFile, 'utf8')}\n# changed\n`);
  const changed = await testApp({ on: t });
  expect((await changed.ask('get_status')).result).toMatchObject({
    // What was trusted still holds; nothing beyond it does.
    autonomy: 'full',
    configuration: 'untrusted',
  });
  await changed.close();
});

test('the same configuration is put on record once', async () => {
  const t = await testApp({ config: 'autonomy: safe\n' });
  await t.close();
  for (let i = 0; i < 2; i++) {
    const again = await testApp({ on: t });
    const { result } = await again.ask('query_audit', { action: 'configuration' });
    expect((result as { records: unknown[] }).records).toHaveLength(1);
    await again.close();
  }
});

test('a configuration taken away is a change too', async () => {
  const t = await testApp({ config: 'autonomy: safe\n' });
  await t.close();
  rmSync(t.configFile);
  const without = await testApp({ on: t });
  const { result } = await without.ask('query_audit', { action: 'configuration' });
  expect((result as { records: unknown[] }).records).toHaveLength(2);
  await without.close();
});

test('trusting needs the passphrase', async () => {
  const t = await testApp();
  const operator = await t.app.operator();
  await expect(operator.trustConfig({ terminal: true })).rejects.toMatchObject({ code: 'terminal_required' });
  await expect(operator.trustConfig({ passphrase: 'wrong one', terminal: true })).rejects.toMatchObject({
    code: 'wrong_passphrase',
  });
  await t.close();
});

test('an action that the configuration forbids stays forbidden without trust', async () => {
  const t = await testApp({ config: 'autonomy: observe\n' });
  writeFileSync(join(t.root, 'a'), 'x');
  expect((await t.act('delete_file', { path: 'a' })).error?.code).toBe('autonomy_denied');
  expect((await t.act('delete_file', { path: 'a', dry_run: true })).outcome).toBe('succeeded');
  await t.close();
});

test('removing a strict configuration loosens nothing until a person says so', async () => {
  const t = await testApp({ config: 'autonomy: observe\nprotected: { paths: [keep] }\n' });
  await t.close();
  rmSync(t.configFile);
  const without = await testApp({ on: t });
  expect((await without.ask('get_status')).result).toMatchObject({
    autonomy: 'observe',
    configuration: 'untrusted',
  });
  expect((await without.act('write_file', { path: 'a', content: 'x' })).error?.code).toBe('autonomy_denied');
  await (await without.app.operator()).trustConfig({ passphrase: PASSPHRASE, terminal: false });
  await without.close();
  const after = await testApp({ on: t });
  expect((await after.ask('get_status')).result).toMatchObject({
    autonomy: 'supervised',
    configuration: 'none',
  });
  await after.close();
});

test('a change that loosens one thing and tightens another only tightens', async () => {
  const t = await testApp({ config: 'autonomy: safe\n' });
  await t.close();
  writeFileSync(t.configFile, 'autonomy: full\nprotected: { paths: [keep] }\n');
  const changed = await testApp({ on: t });
  expect((await changed.ask('get_status')).result).toMatchObject({ autonomy: 'safe' });
  const { result } = await changed.ask('assess_action', {
    tool: 'write_file',
    input: { path: 'keep', content: 'x' },
  });
  expect(result).toMatchObject({ risk: { level: 'CRITICAL' } });
  await changed.close();
});

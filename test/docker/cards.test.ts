// A card with services, where there is a real engine behind it.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { PASSPHRASE, testApp } from '../helpers/app.ts';
import { connect } from '../helpers/client.ts';
import { type TestEngine, engineForTests } from '../helpers/engine.ts';
import { agentRun, calls, says, script } from '../helpers/llama.ts';
import { scratch } from '../helpers/scratch.ts';
import { auditOf, expectSettled } from '../helpers/state.ts';
import { clear } from './cases.ts';

const engine = engineForTests();

/** A service that says when it begins; asked to end, it ends at once. */
async function service({ docker }: TestEngine, name: string, more: object = {}): Promise<string> {
  const Cmd = ['sh', '-c', `echo "${name} is ready"; exec sleep 1000`];
  const made = await docker.createContainer({ name, Image: 'busy:1', Cmd, StopSignal: 'SIGKILL', ...more });
  await made.start();
  return made.id;
}
const startOf = async ({ docker }: TestEngine, name: string): Promise<string> =>
  (await docker.getContainer(name).inspect()).State.StartedAt;

test('ops looks at a real service, restarts it, verifies, and reports from the record', async () => {
  const on = await engine();
  await service(on, 'web');
  await service(on, 'db');
  const place = scratch();
  place.env['DOCKER_HOST'] = on.host;
  const [web, db] = [await startOf(on, 'web'), await startOf(on, 'db')];
  const person = await testApp({ on: place });
  await (await person.app.operator()).enrol(PASSPHRASE, null);
  const steps = [
    calls('get_status', {}),
    calls('list_containers', { all: true }),
    calls('container_logs', { container: 'web', tail: 20 }),
    calls('restart_container', { container: 'web', dry_run: true, reason: 'what would it do' }),
    calls('restart_container', { container: 'web', reason: 'hangs since the reload' }),
  ];
  const asked = await agentRun(place, [
    'ops',
    'web hangs',
    '--autonomous',
    '--max-steps',
    String(steps.length),
    '--model',
    script(place, steps),
  ]);
  expect(asked.deeds).toEqual([
    'get_status succeeded',
    'list_containers succeeded',
    'container_logs succeeded',
    'restart_container succeeded',
    'restart_container held',
  ]);
  expect([asked.report.stop, await startOf(on, 'web')]).toEqual(['steps', web]);
  const held = asked.report.left[0]?.action_id ?? '';
  await person.approve(held);
  const model = script(place, [
    ...steps,
    calls('wait_for_approval', { action_id: held }),
    calls('container_logs', { container: 'web', tail: 5 }),
    says('web hung; it runs again.'),
  ]);
  const { report, deeds, code } = await agentRun(place, ['--resume', asked.report.run, '--model', model]);
  expect([report.stop, code]).toEqual(['final_answer', 0]);
  expect(deeds).toEqual(['wait_for_approval succeeded', 'container_logs succeeded']);
  expect(report.done.map(({ tool }) => tool)).toEqual(['restart_container']);
  expect(report.shown.map(({ tool }) => tool)).toEqual(['restart_container']);
  expect(await startOf(on, 'web')).not.toBe(web);
  expect(await startOf(on, 'db')).toBe(db);
  expectSettled(place);
  await person.close();
  await clear(on);
});

test('over MCP a card reaches the services that it names, by no name, id or label another', async () => {
  const on = await engine();
  for (const name of ['web', 'shop-web-1', 'web2']) await service(on, name);
  const db = await service(on, 'db', { Labels: { 'com.docker.compose.service': 'web', name: 'web' } });
  const place = scratch('approvals: { require: terminal }\n');
  place.env['DOCKER_HOST'] = on.host;
  const folder = join(place.configFile, '..', 'agents');
  mkdirSync(folder);
  const tools =
    'tools: [list_containers, container_logs, container_stats, inspect_container, restart_container, stop_container, exec_in_container, remove_container, prune, query_audit]';
  const front = `name: web-only\ntitle: T\ndescription: D.\n${tools}\nservices: [web]\nautonomy: full`;
  writeFileSync(join(folder, 'web.md'), `---\n${front}\n---\nWork.\n`);
  const person = await testApp({ on: place });
  await (await person.app.operator()).enrol(PASSPHRASE, null);
  await (await person.app.operator()).trustConfig({ passphrase: PASSPHRASE, terminal: false });
  await person.close();

  const server = await connect(place, ['--agent', 'web-only']);
  const begun = await startOf(on, 'db');
  const listed = await server.call('list_containers', { all: true });
  const rows = listed.result?.['containers'] as { name: string }[];
  expect(rows.map(({ name }) => name).toSorted()).toEqual(['shop-web-1', 'web']);
  for (const container of ['web', 'shop-web-1']) {
    const { result } = await server.call('inspect_container', { container });
    expect(result).toMatchObject({ name: container });
  }
  for (const container of ['db', 'web2', db, db.slice(0, 12), db.slice(0, 4)])
    for (const [tool, input] of [
      ['container_logs', {}],
      ['container_stats', {}],
      ['inspect_container', {}],
      ['restart_container', {}],
      ['stop_container', { dry_run: true }],
      ['exec_in_container', { command: 'id' }],
      ['remove_container', {}],
    ] as const) {
      const { error } = await server.call(tool, { container, ...input });
      expect([tool, container, error?.code]).toEqual([tool, container, 'service_not_on_card']);
    }
  expect((await server.call('prune', {})).outcome).not.toBe('succeeded');
  // Its own is asked about, as any restart is.
  expect((await server.call('restart_container', { container: 'web' })).error?.code).not.toBe(
    'service_not_on_card',
  );
  expect(await startOf(on, 'db')).toBe(begun);
  await server.close();
  const refusals = auditOf(place).filter(({ error }) => error === 'service_not_on_card');
  expect(refusals.length).toBeGreaterThanOrEqual(7);
  expectSettled(place);
  await clear(on);
});

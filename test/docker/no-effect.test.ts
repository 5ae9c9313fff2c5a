import { existsSync } from 'node:fs';
import { expect, test } from 'vitest';
import { TOOLS } from '../../src/tools/index.ts';
import { badInputs } from '../contract/cases.ts';
import { testApp } from '../helpers/app.ts';
import { engineForTests } from '../helpers/engine.ts';
import { schemaErrors } from '../helpers/schemas.ts';
import { scratch } from '../helpers/scratch.ts';
import { CASES, appOn, clear } from './cases.ts';
import { OBJECT_CASES } from './object-cases.ts';
import { furnish, worldOf } from './world.ts';

const engine = engineForTests();
const DOCKER = TOOLS.filter((tool) => tool.toolset.startsWith('docker'));

/** A valid input of each query, for the container of that name. */
/** Those on images, networks and volumes have cases of their own. */
const QUERIES: Record<string, (container: string) => object> = {
  list_containers: () => ({ all: true }),
  inspect_container: (container) => ({ container }),
  container_logs: (container) => ({ container, tail: 5, since: '1h', timestamps: true }),
  container_stats: (container) => ({ container }),
  list_images: () => ({ name: 'busy' }),
  list_networks: () => ({}),
  list_volumes: () => ({ unused: true }),
};

test('each tool has a case, and what they publish is read-only where it only looks', () => {
  const others = [...OBJECT_CASES.map(({ tool }) => tool), 'pull_image'];
  const cases = new Set([...CASES.map(({ tool }) => tool), ...others, ...Object.keys(QUERIES)]);
  expect(DOCKER.filter(({ name }) => !cases.has(name)).map(({ name }) => name)).toEqual([]);
  for (const { kind, annotations } of DOCKER) expect(annotations.readOnlyHint).toBe(kind === 'query');
});

test('questions answer as published; what is tried only, or wrong, changes nothing', async () => {
  const on = await engine();
  const name = 'looked-at';
  await furnish(on, name);
  const t = await appOn(on);
  const then = await worldOf(on);
  for (const [tool, input] of Object.entries(QUERIES)) {
    const report = await t.ask(tool, input(name));
    expect(schemaErrors(tool, report), tool).toEqual([]);
    expect(report, tool).toMatchObject({ outcome: 'succeeded', error: null });
  }
  for (const { tool, input = {}, before } of CASES.filter((one) => one.before === undefined)) {
    expect(before).toBeUndefined();
    const report = await t.act(tool, { container: name, ...input, dry_run: true });
    expect(schemaErrors(tool, report), tool).toEqual([]);
    // One that pauses no container is refused when it is tried, too.
    expect(report.error === null ? report.outcome : report.error.code, tool).toMatch(
      /^(succeeded|engine_conflict)$/,
    );
  }
  const own = new Set(CASES.map(({ tool }) => tool));
  for (const tool of DOCKER.filter(({ name: one }) => own.has(one) || one in QUERIES)) {
    const valid = {
      container: name,
      ...(QUERIES[tool.name]?.(name) ?? CASES.find((one) => one.tool === tool.name)?.input),
    };
    const isList = tool.name.startsWith('list_');
    if (isList) Reflect.deleteProperty(valid, 'container');
    for (const { input, names } of badInputs(tool, valid)) {
      const report = await t.act(tool.name, input as object);
      expect(report, `${tool.name} ${names}`).toMatchObject({
        outcome: 'denied',
        error: { code: 'invalid_input' },
      });
      expect(report.error?.message).toContain(names);
    }
    const nowhere = await t.act(tool.name, { ...valid, container: 'no-such-container' });
    if (!isList) expect(nowhere.error?.code, tool.name).toBe('not_found');
  }
  expect(await worldOf(on)).toEqual(then);
  await t.close();
  await clear(on);
});

test('secrets of a container are masked in all that is told of it, and stand nowhere in the record', async () => {
  const on = await engine();
  const name = 'secretive';
  await furnish(on, name);
  const t = await appOn(on);
  const told = [
    await t.ask('inspect_container', { container: name }),
    await t.act('recreate_container', { container: name, labels: { a: 'b' }, dry_run: true }),
    await t.act('remove_container', { container: name }),
    await t.ask('query_audit', { limit: 50 }),
  ];
  expect(told.map(({ outcome }) => outcome)).toEqual(['succeeded', 'succeeded', 'held', 'succeeded']);
  expect(JSON.stringify(told)).not.toContain('tr0ub4dor');
  expect(JSON.stringify(told[0])).toContain('DB_PASSWORD=[redacted]');
  await t.close();
  await clear(on);
});

test('an engine that does not answer, or is none, is told as that', async () => {
  const place = scratch('toolsets: [core, docker]\ndocker:\n  host: unix:///nowhere/docker.sock\n');
  const t = await testApp({ on: place });
  for (const [tool, input] of [
    ['list_containers', {}],
    ['stop_container', { container: 'web' }],
  ] as const) {
    const report = await t.act(tool, input);
    expect(report.error?.code).toBe('engine_unreachable');
  }
  expect(existsSync('/nowhere')).toBe(false);
  await t.close();
});

import { setTimeout as sleep } from 'node:timers/promises';
import type Docker from 'dockerode';
import type { ActionReport } from '../../src/core/outcome.ts';
import { wait } from '../contract/cases.ts';
import { PASSPHRASE, type TestApp, testApp } from '../helpers/app.ts';
import type { TestEngine } from '../helpers/engine.ts';
import { scratch } from '../helpers/scratch.ts';
import { FREE } from './world.ts';

export interface Case {
  readonly tool: string;
  readonly input?: object;
  /** What is done before, beside what `furnish` does. */
  before?(engine: TestEngine, name: string): Promise<unknown>;
  /** Whether an undo finds nothing to put back. */
  readonly same?: true;
  /** What undoing it says; it changes something that cannot be put back. */
  readonly undo?: string;
}

export const CASES: readonly Case[] = [
  { tool: 'stop_container', input: { timeout_seconds: 0 } },
  { tool: 'start_container', before: async ({ docker }, name) => docker.getContainer(name).stop({ t: 0 }) },
  { tool: 'pause_container' },
  { tool: 'unpause_container', before: async ({ docker }, name) => docker.getContainer(name).pause() },
  { tool: 'restart_container', same: true },
  { tool: 'restart_container', before: async ({ docker }, name) => docker.getContainer(name).stop({ t: 0 }) },
  { tool: 'exec_in_container', input: { command: 'echo changed > /data/one' }, undo: 'nothing_to_undo' },
  { tool: 'remove_container' },
  { tool: 'remove_container', before: async ({ docker }, name) => docker.getContainer(name).stop({ t: 0 }) },
  { tool: 'update_container', input: { cpus: 0.25, memory_bytes: 32 << 20, restart: 'no' } },
  {
    tool: 'recreate_container',
    input: { env: { PLAIN: '2', NEW: 'x' }, labels: { 'com.example.team': null }, ports: ['38497:8080'] },
  },
];

/** The product over the tests' engine, with all that needs no person's leave allowed. */
export async function appOn(
  on: Pick<TestEngine, 'host'>,
  removing = '',
  env: NodeJS.ProcessEnv = {},
): Promise<TestApp> {
  const place = scratch(FREE);
  Object.assign(place.env, env, { DOCKER_HOST: on.host });
  const first = await testApp({ on: place });
  const operator = await first.app.operator();
  await operator.enrol(PASSPHRASE, null);
  await operator.trustConfig({ passphrase: PASSPHRASE, terminal: false });
  await first.close();
  const t = await testApp({ on: place });
  if (removing !== '')
    await (
      await t.app.operator()
    ).grant(
      {
        agent: 'test/tester',
        tool: 'remove_container',
        pattern: `docker stop ${removing}`,
        ceiling: 'HIGH',
        count: 1,
        hours: 1,
      },
      { passphrase: PASSPHRASE, terminal: false },
    );
  return t;
}

/** What a person has to say yes to is said yes to. */
export async function act(t: TestApp, tool: string, input: object): Promise<ActionReport> {
  const report = await t.act(tool, input);
  if (report.outcome !== 'held' || report.action_id === null) return report;
  await t.approve(report.action_id);
  return wait(t, report.action_id, 45);
}

export async function clear({ docker }: TestEngine): Promise<void> {
  for (const { Id } of await docker.listContainers({ all: true })) await removed(docker.getContainer(Id));
  await docker.pruneNetworks();
  await removeImages(docker);
  for (const { Name } of (await docker.listVolumes()).Volumes) await docker.getVolume(Name).remove();
}

/** A sandbox that is being built elsewhere on the machine may hold a copy of its mounts for a moment. */
async function removed(container: Docker.Container): Promise<void> {
  for (let tried = 0; ; tried++) {
    try {
      return await container.remove({ force: true, v: true });
    } catch (error) {
      // One that goes by itself has gone by the next time.
      if (tried > 0 && String(error).includes('No such container')) return;
      if (tried === 50 || !/device or resource busy|already in progress/.test(String(error))) throw error;
      await sleep(200);
    }
  }
}

/** All but the one that the tests start with; one that others are made of goes after them, and the engine may be late. */
async function removeImages(docker: TestEngine['docker']): Promise<void> {
  for (let tried = 0; ; tried++) {
    const others = (await docker.listImages()).filter(
      ({ RepoTags }) => RepoTags?.includes('busy:1') !== true,
    );
    if (others.length === 0) return;
    const kept: string[] = [];
    for (const { Id } of others)
      await docker
        .getImage(Id)
        .remove({ force: true })
        .catch((error: unknown) => kept.push(`${Id}: ${String(error)}`));
    if (tried === 50) throw new Error(`images that nothing removes: ${kept.join()}`);
    if (kept.length === others.length) await sleep(200);
  }
}

import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect } from 'vitest';
import { openApp } from '../../src/app.ts';
import { homeAt } from '../../src/store/home.ts';
import { GUESS, PASSPHRASE, type TestApp, testApp } from './app.ts';
import { type Connected, connect } from './client.ts';
import { eventually } from './processes.ts';
import { type Scratch, folders } from './scratch.ts';
import { auditOf, expectWholeChain } from './state.ts';

/**
 * The loosest configuration that a person could trust: an agent is asked about as little as there is, a terminal is
 * enough to approve, and no limit is in the way.
 */
const LOOSE = `
autonomy: full
toolsets: [core, process]
approvals: { require: terminal }
limits: { held_actions: 1000, actions_per_minute: 100000 }
`;

/** A server, an agent at the other end of its pipes, and an action that waits for a person. */
export interface Target extends Scratch {
  readonly server: Connected;
  /** The id of the action that waits. */
  readonly held: string;
}

/** One for all tests of a file. */
export function target(config = LOOSE): Target {
  const at: { -readonly [K in keyof Target]?: Target[K] } = folders(config);
  const place = at as Target;
  beforeAll(async () => {
    await enrolled(place);
    at.server = await connect(place);
    at.held = String((await place.server.call('write_file', { path: '.mcp.json', content: '{}' })).action_id);
  });
  afterAll(async () => {
    await place.server.close();
    rmSync(place.base, { recursive: true });
  });
  return place;
}

/** The product in this process, one for all tests of a file. */
export function sharedApp(config = LOOSE, env: NodeJS.ProcessEnv = {}): TestApp {
  const { env: own, ...place } = folders(config);
  const on = { ...place, env: { ...own, ...env } };
  const t = { ...on } as { -readonly [K in keyof TestApp]: TestApp[K] };
  beforeAll(async () => {
    await enrolled(on);
    Object.assign(t, await testApp({ on }));
  });
  afterAll(async () => {
    await t.close();
    rmSync(t.base, { recursive: true });
  });
  return t;
}

/** A person is the approver here and trusts the configuration. */
async function enrolled(place: Scratch): Promise<void> {
  const app = openApp({ env: place.env, guess: GUESS });
  const person = await app.operator();
  await person.enrol(PASSPHRASE, null);
  await person.trustConfig({ passphrase: PASSPHRASE, terminal: false });
  await app.gateway.close();
}

/** Ways in which an agent gets a line run. */
export const WAYS = ['run_command', 'run_command without a sandbox', 'start_process'] as const;
type Way = (typeof WAYS)[number];

/** Tries a line, which ends with another code than 0 where it did not do what it is for. */
export async function tries(place: Target, way: Way, line: string): Promise<void> {
  const env = { HOMEOSTAT_HOME: place.home, XDG_CONFIG_HOME: place.env['XDG_CONFIG_HOME'] };
  const input = { command: line, ...(way === 'start_process' ? {} : { env }) };
  if (way === 'run_command without a sandbox') {
    const answer = await place.server.call('run_command', { ...input, sandbox: 'none' });
    expect(answer, line).toMatchObject({ outcome: 'held', error: { code: 'approval_required' } });
    return expectOnRecord(place, answer, 'action.held');
  }
  const answer = await place.server.call(way, input);
  if (way === 'start_process' && answer.outcome === 'succeeded') {
    const { id } = answer.result as { id: string };
    let code: unknown = null;
    await eventually(async () => {
      const { result } = await place.server.call('process_output', { id });
      const { processes } = result as { processes: { running: boolean; exit_code: number | null }[] };
      code = processes[0]?.exit_code;
      return processes[0]?.running === false;
    }, `the end of ${line}`);
    expect(code, line).not.toBe(0);
    return expectOnRecord(place, answer, 'process.ended');
  }
  expectRefused(answer, line);
  expectOnRecord(place, answer);
}

/** It was not done, and the answer says why and what next. */
export function expectRefused(answer: Told, what: string): void {
  expect(['held', 'denied', 'failed', 'rolled_back'], `${what}: ${JSON.stringify(answer)}`).toContain(
    answer.outcome,
  );
  expect(answer.error?.message, what).toMatch(/\S/);
  expect(answer.error?.next, what).toMatch(/\S/);
}

/** What an answer says of itself, of a server or of the product in this process. */
interface Told {
  readonly outcome: string;
  readonly action_id?: string | null;
  readonly error: { readonly code: string; readonly message: string; readonly next: string } | null;
}

/** It is on record, and one of its records is of this event; what says no before there is an action, by its error. */
export function expectOnRecord(place: Scratch, answer: Told, event = ''): void {
  const id = answer.action_id ?? null;
  const lines = auditOf(place).filter((line) =>
    id === null ? line.error === answer.error?.code : line.action_id === id,
  );
  expect(lines, JSON.stringify(answer)).not.toEqual([]);
  expect(lines.map((line) => line.event).join(' ')).toContain(event);
}

/** What an agent would have to change to decide for the person. */
export function houseOf(place: Scratch): object {
  const { approver, digestKey } = homeAt(place.home);
  const files = [approver, digestKey, place.configFile].map((path) => [path, readFileSync(path, 'latin1')]);
  const decided = auditOf(place).filter(({ event }) => DECISIONS.test(event));
  return { files, decided: decided.map(({ seq }) => seq) };
}
const DECISIONS = /^(approval|approver|config|grant|snapshot|stop)\./;

/** Nobody has decided anything, and nothing of the record is gone. */
export function expectUndecided(place: Target, before: object): void {
  expect(houseOf(place)).toEqual(before);
  expect(existsSync(join(place.root, '.mcp.json'))).toBe(false);
  expect(auditOf(place, place.held).map(({ event }) => event)).toEqual(['action.intended', 'action.held']);
  expectWholeChain(place);
}

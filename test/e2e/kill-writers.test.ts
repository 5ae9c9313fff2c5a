import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { testApp } from '../helpers/app.ts';
import type { Scratch } from '../helpers/scratch.ts';
import { actionsOf, auditOf, expectSettled, query } from '../helpers/state.ts';

/** In each, one of four writers is killed and another takes its place; `npm run soak` has 1,000. */
const ROUNDS = Number(process.env['HOMEOSTAT_KILL_ROUNDS'] ?? 100);
/** After so many of them all four are killed at once, and everything is looked at. */
const STRETCH = 100;
/** Two act through the whole pipeline, two write nothing but records, as fast as that goes. */
const WRITERS = { a: 'acts', b: 'acts', c: 'records', d: 'records' } as const;
const NAMES = Object.keys(WRITERS) as (keyof typeof WRITERS)[];
const FIXTURES = join(import.meta.dirname, '..', 'fixtures');
const CONFIG = 'limits:\n  actions_per_minute: 1000000\n  concurrent_actions: 100\n';

type Acknowledged =
  | { readonly outcome: string; readonly action_id: string | null; readonly audit: number[] }
  | { readonly seq: number; readonly hash: string };

interface Writer {
  begin(name: string): void;
  /** When it has been told of its first action. */
  readonly works: Promise<unknown>;
  /** Gives all that it was told. */
  kill(): Promise<Acknowledged[]>;
}

/** It opens the state and waits until it is to begin: so a killed one is replaced at once. */
function writer(kind: 'acts' | 'records', place: Scratch): Writer {
  const [script, folder] =
    kind === 'acts' ? ['busy-writer.mjs', place.root] : ['record-writer.mjs', place.home];
  const child = spawn(process.execPath, [join(FIXTURES, script), folder], {
    env: place.env,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  let said = '';
  child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
  return {
    begin: (name) => void child.stdin.write(`${name}\n`),
    works: once(child.stdout, 'data'),
    async kill() {
      const ended = once(child, 'close');
      child.kill('SIGKILL');
      expect((await ended)[1]).toBe('SIGKILL');
      // The last line may have been cut off with its process.
      return said
        .split('\n')
        .slice(0, -1)
        .map((line) => JSON.parse(line) as Acknowledged);
    },
  };
}

/** So many kills, each while four work on one state; what the killed were told. */
async function stretch(place: Scratch, rounds: number): Promise<Acknowledged[]> {
  const spares = { acts: writer('acts', place), records: writer('records', place) };
  const at = (name: keyof typeof WRITERS): Writer => {
    const kind = WRITERS[name];
    const next = spares[kind];
    spares[kind] = writer(kind, place);
    next.begin(name);
    return next;
  };
  const four = { a: at('a'), b: at('b'), c: at('c'), d: at('d') };
  const told: Acknowledged[] = [];
  for (let round = 0; round < rounds; round++) {
    await Promise.all(Object.values(four).map(async ({ works }) => works));
    await sleep(Math.random() * 200);
    const name = NAMES[Math.floor(Math.random() * NAMES.length)] ?? 'a';
    told.push(...(await four[name].kill()));
    four[name] = at(name);
  }
  const left = [...Object.values(four), ...Object.values(spares)];
  return [...told, ...(await Promise.all(left.map(async (one) => one.kill()))).flat()];
}

/** No acknowledged record is lost, the chain is whole, and every intent has its end. */
async function expectKept(place: Scratch, told: readonly Acknowledged[]): Promise<void> {
  const next = await testApp({ on: place });
  expect((await next.ask('get_status')).outcome).toBe('succeeded');
  expect((await next.app.operator()).verifyAudit()).toMatchObject({ ok: true, problem: null });
  await next.close();
  expectSettled(place);
  const records = new Map(auditOf(place).map((record) => [record.seq, record]));
  const outcomes = new Map(actionsOf(place).map((action) => [action.id, action.outcome]));
  const hashes = new Map(
    query<{ seq: number; hash: string }>(place, 'SELECT seq, hash FROM audit').map((row) => [
      row.seq,
      row.hash,
    ]),
  );
  for (const acknowledged of told) {
    if ('hash' in acknowledged) {
      expect(hashes.get(acknowledged.seq)).toBe(acknowledged.hash);
      continue;
    }
    const { outcome, action_id, audit } = acknowledged;
    const found = audit.map((seq) => records.get(seq));
    expect(audit.length).toBeGreaterThan(0);
    // One that was refused (its file was still held by a writer that is gone) has a record and no action.
    if (action_id === null) expect(found.map((one) => one?.event)).toEqual(['action.refused']);
    else expect(found.map((one) => one?.action_id)).toEqual(audit.map(() => action_id));
    if (action_id !== null) expect(outcomes.get(action_id)).toBe(outcome);
  }
}

test(
  'killed at any instant, four writers at once lose no acknowledged record and leave no intent open',
  async () => {
    const sum = { rounds: 0, acknowledged: 0, actions: 0, records: 0, recovered: 0 };
    while (sum.rounds < ROUNDS) {
      const place = await testApp({ config: CONFIG });
      await place.close();
      const rounds = Math.min(STRETCH, ROUNDS - sum.rounds);
      const told = await stretch(place, rounds);
      await expectKept(place, told);
      const events = auditOf(place).map(({ event }) => event);
      sum.rounds += rounds;
      sum.acknowledged += told.length;
      sum.actions += told.filter((one) => 'outcome' in one && one.outcome === 'succeeded').length;
      sum.records += events.length;
      sum.recovered += events.filter((event) => event === 'action.recovered').length;
    }
    expect(sum.actions).toBeGreaterThan(ROUNDS);
    expect(sum.recovered).toBeGreaterThan(0);
    process.stdout.write(
      `kill -9 under four writers: ${JSON.stringify(sum)}, all of them kept and settled\n`,
    );
  },
  60_000 + ROUNDS * 10_000,
);

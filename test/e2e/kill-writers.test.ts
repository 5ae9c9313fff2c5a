import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { testApp } from '../helpers/app.ts';
import type { Scratch } from '../helpers/scratch.ts';
import { actionsOf, auditOf, expectSettled } from '../helpers/state.ts';

/** Each with four writers that are killed at an instant of their own. */
const ROUNDS = Number(process.env['HOMEOSTAT_KILL_ROUNDS'] ?? 3);
const WRITERS = ['a', 'b', 'c', 'd'];
const WRITER = join(import.meta.dirname, '..', 'fixtures', 'busy-writer.mjs');
const CONFIG = 'limits:\n  actions_per_minute: 1000000\n  concurrent_actions: 100\n';

interface Acknowledged {
  readonly outcome: string;
  readonly action_id: string | null;
  readonly audit: number[];
}

/** Starts a writer, kills it some time after its first answer, and gives all that it was told. */
async function killed(place: Scratch, name: string): Promise<Acknowledged[]> {
  const child = spawn(process.execPath, [WRITER, place.root, name], {
    env: place.env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let said = '';
  child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
  await once(child.stdout, 'data');
  await sleep(Math.random() * 200);
  child.kill('SIGKILL');
  await once(child, 'close');
  // The last line may have been cut off with its process.
  return said
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Acknowledged);
}

test(
  'killed at any instant, four writers at once lose no acknowledged record and leave no intent open',
  async () => {
    const place = await testApp({ config: CONFIG });
    await place.close();
    const told: Acknowledged[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      told.push(...(await Promise.all(WRITERS.map(async (name) => killed(place, name)))).flat());
      const next = await testApp({ on: place });
      expect((await next.ask('get_status')).outcome).toBe('succeeded');
      expect((await next.app.operator()).verifyAudit()).toMatchObject({ ok: true, problem: null });
      await next.close();
      expectSettled(place);
      const records = new Map(auditOf(place).map((record) => [record.seq, record]));
      const outcomes = new Map(actionsOf(place).map((action) => [action.id, action.outcome]));
      for (const { outcome, action_id, audit } of told) {
        const found = audit.map((seq) => records.get(seq));
        // One that was refused (its file was still held by a writer that is gone) has a record and no action.
        if (action_id === null) expect(found.map((one) => one?.event)).toEqual(['action.refused']);
        else expect(found.map((one) => one?.action_id)).toEqual(audit.map(() => action_id));
        if (action_id !== null) expect(outcomes.get(action_id)).toBe(outcome);
      }
    }
    expect(told.filter(({ outcome }) => outcome === 'succeeded').length).toBeGreaterThan(ROUNDS);
  },
  60_000 + ROUNDS * 30_000,
);

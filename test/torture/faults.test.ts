import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { testApp } from '../helpers/app.ts';
import { describeSandbox } from '../helpers/box.ts';
import { dice } from '../helpers/dice.ts';
import { type Fault, sample, withFault } from '../helpers/faults.ts';
import { SEED } from '../helpers/seeded.ts';
import type { Scratch } from '../helpers/scratch.ts';
import { sql } from '../helpers/sql.ts';
import { actionsOf, auditOf, expectSettled } from '../helpers/state.ts';
import { manifestOf } from '../helpers/manifest.ts';

const TREE = `mkdir -p a/b gone/x keep; echo 1 >a/1; echo 2 >a/b/2; echo g >gone/x/g; echo one >h1; ln h1 h2; ln h1 a/h3
echo plain >plain; echo other >other; ln -s plain link; mkfifo pipe; truncate -s 1M sparse; echo end >>sparse; sleep 0.05`;
const LINE = `echo x >>plain; echo k >keep/k; echo b >>a/b/2; mv a moved; rm -rf gone; ln other more; echo y >>h2; chmod 700 keep; mkdir new; echo n >new/n
mv pipe p2; mv plain t; mv other plain; mv t other; touch -d 2001-01-01 link; echo >>sparse; ln -sf more link`;

/** A product on a furnished root, with the state made, so that what is counted is the action alone. */
async function furnished(): Promise<Scratch> {
  const t = await testApp({ config: 'autonomy: full\nlimits:\n  actions_per_minute: 100000\n' });
  execFileSync('bash', ['-c', TREE], { cwd: t.root });
  await t.close();
  return t;
}

/** Recovers here and now, and tells how the newest action ended; nothing is left open. */
async function recovered(place: Scratch): Promise<{ id: string; outcome: string | null }> {
  const t = await testApp({ on: place });
  await t.app.ready();
  await t.close();
  expectSettled(place);
  const last = actionsOf(place).at(-1);
  if (last === undefined) throw new Error('no action is on record');
  return last;
}

async function undo(place: Scratch, id: string): Promise<string> {
  const t = await testApp({ on: place });
  const report = await t.act('rollback', { id });
  expect(report).toMatchObject({ outcome: 'succeeded', error: null });
  await t.close();
  return report.action_id ?? '';
}

/** Changes all the time of one run to the next. */
const timeless = (tree: unknown): unknown =>
  JSON.parse(JSON.stringify(tree).replaceAll(/"mtime_ns":"\d+"/g, '"mtime_ns":""'));

interface Sweep {
  readonly place: Scratch;
  readonly tool: string;
  readonly input: () => object;
  readonly how: Fault['how'];
  /** Puts the root back to where the sweep began, after the action was done. */
  readonly again: (id: string) => Promise<void>;
}

/** One call after the other, each with a fault further on; before or after, never between, and the record says which. */
async function sweep({ place, tool, input, how, again }: Sweep): Promise<void> {
  const before = manifestOf(place.root);
  const whole = await withFault(place, { step: 'committing', n: 1e9, how }, tool, input());
  expect(whole.report).toMatchObject({ outcome: 'succeeded', error: null });
  expect(whole.calls).toBeGreaterThan(10);
  const after = timeless(manifestOf(place.root));
  await again(whole.report?.action_id ?? '');
  for (const n of sample(whole.calls)) {
    // What fails many times within a minute is refused.
    sql(place.home, 'UPDATE actions SET finished_ms = finished_ms - 60000');
    const name = `${how} at ${n}, seed ${SEED}`;
    const { killed, report } = await withFault(place, { step: 'committing', n, how }, tool, input());
    expect(killed, `${name}: ${JSON.stringify(report)}`).toBe(how === 'kill');
    // The recovery is ended as well, somewhere, and begun anew.
    const m = dice(SEED + n).below(60) + 1;
    if (killed) await withFault(place, { step: 'start', n: m, how: 'kill' });
    const { id, outcome } = await recovered(place);
    if (report?.action_id !== undefined && report.action_id !== null) expect(report.action_id, name).toBe(id);
    expect(
      ['failed', 'rolled_back', 'succeeded'],
      `${name}, ${m}: ${JSON.stringify(auditOf(place, id).map((line) => [line.event, line.error, line.detail]))}`,
    ).toContain(outcome);
    if (outcome === 'succeeded') {
      expect(timeless(manifestOf(place.root)), `${name}, ${m}`).toEqual(after);
      await again(id);
    }
    expect(manifestOf(place.root), `${name}, ${m}: ${outcome}`).toEqual(before);
  }
}

describeSandbox('faults', import.meta.filename, () => {
  test.each(['kill', 'EIO', 'ENOSPC'] as const)(
    '%s anywhere in a commit',
    { timeout: 3_600_000 },
    async (how) => {
      const place = await furnished();
      const again = async (id: string): Promise<void> => void (await undo(place, id));
      await sweep({ place, tool: 'run_command', input: () => ({ command: LINE }), how, again });
    },
  );

  test.each(['kill', 'EIO', 'ENOSPC'] as const)(
    '%s anywhere in an undo',
    { timeout: 3_600_000 },
    async (how) => {
      const place = await furnished();
      const t = await testApp({ on: place });
      const done = await t.act('run_command', { command: LINE });
      await t.close();
      let id = done.snapshot_id ?? '';
      const again = async (undone: string): Promise<void> => void (id = await undo(place, undone));
      await sweep({ place, tool: 'rollback', input: () => ({ id }), how, again });
    },
  );
});

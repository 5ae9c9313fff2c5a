import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, rmSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import type { ActionReport } from '../../src/core/outcome.ts';
import { PASSPHRASE, type TestApp, testApp } from '../helpers/app.ts';
import { connect } from '../helpers/client.ts';
import { diesAt } from '../helpers/killing.ts';
import { eventually, processesWith } from '../helpers/processes.ts';
import { type Scratch, scratch } from '../helpers/scratch.ts';
import { describeWithMounts } from '../helpers/small-disk.ts';
import { sql } from '../helpers/sql.ts';
import { actionsOf, auditOf, expectSettled, expectWholeChain, query } from '../helpers/state.ts';
import { manifestOf } from '../helpers/manifest.ts';

const mounted: string[] = [];

afterEach(() => {
  for (const point of mounted.splice(0).toReversed()) spawnSync('umount', ['-l', point]);
});

function mount(point: string, ...options: string[]): void {
  mkdirSync(point, { recursive: true });
  execFileSync('mount', [...options, point]);
  mounted.push(point);
}

interface Disk extends Scratch {
  /** A root on a disk of its own, with its store beside it. */
  readonly away: string;
  readonly store: string;
  mount(): void;
  unmount(): void;
  /** Both roots, where they stand. */
  look(): unknown;
}

const TREE = `mkdir -p a gone/x; echo 1 >a/1; echo g >gone/x/g; echo one >h1; ln h1 h2; echo plain >plain; ln -s plain link
touch -d 2001-01-01 *; sleep 0.05`;
const LINE = 'echo x >>plain; mv a moved; rm -rf gone; echo y >>h2; mkdir new; echo n >new/n; chmod 600 link';

/** Two roots, one beside the state and one on a disk that can be taken away and comes back as it was. */
async function disk(): Promise<Disk> {
  const place = scratch();
  const [kept, point] = [join(place.base, 'kept'), join(place.base, 'disk')];
  mount(kept, '-t', 'tmpfs', '-o', 'mode=700,size=8m', 'homeostat-test');
  const put = (): void => mount(point, '--bind', kept);
  put();
  const away = join(point, 'root');
  mkdirSync(away);
  for (const root of [place.root, away]) execFileSync('bash', ['-c', TREE], { cwd: root });
  writeFileSync(
    place.configFile,
    `roots: ${JSON.stringify([away, place.root])}\nautonomy: full\nlimits:\n  actions_per_minute: 100000\n`,
  );
  const first = await testApp({ on: place });
  const operator = await first.app.operator();
  await operator.enrol(PASSPHRASE, null);
  await operator.trustConfig({ passphrase: PASSPHRASE, terminal: false });
  await first.close();
  return {
    ...place,
    away,
    store: join(point, `.homeostat-${process.getuid?.() ?? 0}`),
    mount: put,
    unmount: () => void execFileSync('umount', ['-l', point]),
    look: () => [place.root, away].map((root) => (existsSync(root) ? manifestOf(root) : null)),
  };
}

const both = (place: Disk): string => `cd ${place.away}; ${LINE}; cd ${place.root}; ${LINE}`;

/** How the newest action ended, once a server has been started anew and has recovered; null where it is open. */
async function restarted(place: Disk): Promise<string | null | undefined> {
  const server = await connect(place);
  await server.call('get_status');
  await server.close();
  expectWholeChain(place);
  return actionsOf(place).at(-1)?.outcome;
}

async function undone(t: TestApp, id: string | null): Promise<ActionReport> {
  return t.act('rollback', { id });
}

const LOSSES = {
  unmounted: (place: Disk) => place.unmount(),
  deleted: (place: Disk) => rmSync(place.away, { recursive: true }),
  'without its store': (place: Disk) => rmSync(place.store, { recursive: true }),
} as const;
/** Where the process ends: the second time that a step is done is in the second root. */
const DEATHS = {
  run_command: [
    ['preserved', 1],
    ['step 4', 1],
    ['committed', 1],
  ],
  rollback: [['step 2', 2]],
} as const;
const HOW = Object.keys(LOSSES) as (keyof typeof LOSSES)[];

describeWithMounts('a root that goes away', import.meta.filename, () => {
  test.each(HOW)(
    '%s while a command runs, or before its commit: it fails, and harms nothing',
    async (how) => {
      for (const when of ['running', 'committing'] as const) {
        const place = await disk();
        const here = manifestOf(place.root);
        const before = place.look();
        let gone = false;
        const t = await testApp({
          on: place,
          trace(step) {
            if (step !== when || gone) return;
            gone = true;
            LOSSES[how](place);
          },
        });
        const line = when === 'running' ? `sleep 1.${process.pid}; ${both(place)}` : both(place);
        const running = t.act('run_command', { command: line });
        if (when === 'running') {
          await eventually(() => processesWith(`sleep\u00001.${process.pid}`).length > 0, 'the command runs');
          gone = true;
          LOSSES[how](place);
        }
        const report = await running;
        expect(gone).toBe(true);
        expect(['failed', 'rolled_back'], `${how}, ${when}: ${JSON.stringify(report)}`).toContain(
          report.outcome,
        );
        expect(manifestOf(place.root), `${how}, ${when}`).toEqual(here);
        if (how === 'unmounted') {
          place.mount();
          expect(place.look()).toEqual(before);
          expect(await t.act('run_command', { command: both(place) })).toMatchObject({
            outcome: 'succeeded',
          });
        }
        await t.close();
        expectSettled(place);
      }
    },
  );

  test('unmounted in the midst of a commit that goes on: taken back as soon as it is mounted again', async () => {
    for (const step of ['step 0', 'step 5', 'committed']) {
      const place = await disk();
      const before = place.look();
      let gone = false;
      const t = await testApp({
        on: place,
        trace(reached) {
          if (reached !== step || gone) return;
          gone = true;
          place.unmount();
        },
      });
      const report = await t.act('run_command', { command: both(place) });
      expect(gone).toBe(true);
      expect(report, step).toMatchObject({ outcome: 'rollback_failed', error: { code: 'internal_error' } });
      expect(report.error?.message).toContain('tried again');
      const half = place.look();
      expect((await t.act('write_file', { path: 'plain', content: 'x' })).outcome).toBe('denied');
      expect(place.look()).toEqual(half);
      place.mount();
      expect(await t.act('write_file', { path: 'other', content: 'x' })).toMatchObject({
        outcome: 'succeeded',
      });
      expect(auditOf(place, report.action_id ?? '').at(-1)).toMatchObject({ result: 'rolled_back' });
      expect(await undone(t, actionsOf(place).at(-1)?.id ?? '')).toMatchObject({ outcome: 'succeeded' });
      expect(place.look(), step).toEqual(before);
      await t.close();
      expectSettled(place);
    }
  });

  test('killed in the midst of a commit or an undo and unmounted: open until it is mounted, then taken back', async () => {
    const place = await disk();
    let before = place.look();
    for (const tool of ['run_command', 'rollback'] as const) {
      const id = actionsOf(place).findLast((row) => row.outcome === 'succeeded')?.id;
      const input = tool === 'run_command' ? { command: both(place) } : { id };
      for (const [step, nth] of DEATHS[tool]) {
        expect(await diesAt(place, step, nth, tool, input), `${tool}, ${step}`).toBe(true);
        place.unmount();
        // An empty mount point, and one on which somebody has made what belongs on the disk.
        if (nth === 1) mkdirSync(place.away);
        expect(await restarted(place), `${tool}, ${step}`).toBe(null);
        expect(actionsOf(place).at(-1)?.phase).toBe('committing');
        if (nth === 1) rmdirSync(place.away);
        place.mount();
        expect(await restarted(place), `${tool}, ${step}`).toBe('rolled_back');
        expect(place.look(), `${tool}, ${step}`).toEqual(before);
        expectSettled(place);
      }
      const server = await connect(place);
      expect(await server.call(tool, input)).toMatchObject({ outcome: 'succeeded' });
      await server.close();
      before = place.look();
    }
  });

  test('a disk that never comes back is not waited for longer than its contents would be kept', async () => {
    const place = await disk();
    expect(await diesAt(place, 'step 4', 1, 'run_command', { command: both(place) })).toBe(true);
    place.unmount();
    expect(await restarted(place)).toBe(null);
    sql(place.home, "UPDATE actions SET created_ms = created_ms - 91 * 86400000 WHERE phase = 'committing'");
    expect(await restarted(place)).toBe('rollback_failed');
    expectSettled(place);
    expect(query(place, 'SELECT action_id FROM snapshots')).toHaveLength(1);
  });

  test('a person may forget a root that never comes back, and nobody else', async () => {
    const place = await disk();
    expect(await diesAt(place, 'step 4', 1, 'run_command', { command: both(place) })).toBe(true);
    place.unmount();
    expect(await restarted(place)).toBe(null);
    const t = await testApp({ on: place });
    const operator = await t.app.operator();
    const proof = { passphrase: PASSPHRASE, terminal: false };
    await expect(operator.forgetRoot(place.away, { ...proof, passphrase: 'a guess' })).rejects.toThrow();
    await expect(operator.forgetRoot('/elsewhere', proof)).rejects.toMatchObject({ code: 'not_found' });
    expect(actionsOf(place).at(-1)?.outcome).toBe(null);
    expect(await operator.forgetRoot(place.away, proof)).toEqual([actionsOf(place).at(-1)?.id]);
    expect(actionsOf(place).at(-1)?.outcome).toBe('rollback_failed');
    await t.close();
    expectSettled(place);
    mkdirSync(place.away, { recursive: true });
    const server = await connect(place);
    for (const root of [place.root, place.away])
      expect(await server.call('write_file', { path: join(root, 'after'), content: 'x' })).toMatchObject({
        outcome: 'succeeded',
      });
    await server.close();
  });

  test.each(['deleted', 'without its store'] as const)(
    '%s in the midst of a commit: the end is told at once, and the other root is as it was',
    async (how) => {
      const place = await disk();
      const here = manifestOf(place.root);
      const command = `cd ${place.root}; ${LINE}; cd ${place.away}; ${LINE}`;
      expect(await diesAt(place, 'committed', 1, 'run_command', { command })).toBe(true);
      LOSSES[how](place);
      expect(await restarted(place)).toBe('rollback_failed');
      expectSettled(place);
      const { id } = actionsOf(place).at(-1) ?? { id: '' };
      expect(auditOf(place, id).at(-1)?.detail).toContain(how === 'deleted' ? place.away : place.store);
      expect(manifestOf(place.root)).toEqual(here);
      // Made anew it can be worked in.
      mkdirSync(place.away, { recursive: true });
      const server = await connect(place);
      expect((await server.call('write_file', { path: `${place.away}/x`, content: 'x' })).outcome).toBe(
        'succeeded',
      );
      await server.close();
    },
  );

  test.each(HOW)('%s before an undo: it is refused, and changes nothing', async (how) => {
    const place = await disk();
    const before = place.look();
    const t = await testApp({ on: place });
    const done = await t.act('run_command', { command: both(place) });
    expect(done).toMatchObject({ outcome: 'succeeded', error: null });
    LOSSES[how](place);
    const after = place.look();
    for (let again = 0; again < 2; again++) {
      const report = await undone(t, done.snapshot_id);
      expect(report.outcome, JSON.stringify(report.error)).toMatch(/^(failed|denied)$/);
      expect(place.look()).toEqual(after);
    }
    if (how === 'unmounted') {
      place.mount();
      expect(await undone(t, done.snapshot_id)).toMatchObject({ outcome: 'succeeded', error: null });
      expect(place.look()).toEqual(before);
    }
    await t.close();
    expectSettled(place);
  });
});

import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { PASSPHRASE, type TestApp, testApp } from '../helpers/app.ts';
import { lacking } from '../helpers/needs.ts';
import { type Scratch, scratch } from '../helpers/scratch.ts';
import { type SmallDisk, describeWithMounts, smallDisk, smallExt4 } from '../helpers/small-disk.ts';
import { actionsOf, expectSettled } from '../helpers/state.ts';
import { manifestOf } from '../helpers/manifest.ts';

/** What needs room at the commit and at the undo: a file with several names is written in place, its old content kept. */
const TREE = `mkdir -p a gone/x; echo 1 >a/1; echo g >gone/x/g; head -c 700000 /dev/urandom >h1; ln h1 h2; echo plain >plain
touch -d 2001-01-01 *; sleep 0.05`;
const LINE = `echo y >>h2; echo x >>plain; mv a moved; rm -rf gone; mkdir new; for n in 1 2 3; do head -c 100000 /dev/zero >new/$n; done`;

/** Where the disks run full; the last one is never reached where all goes well. */
const STEPS = [
  'staged',
  'committing',
  'preserved',
  'step 0',
  'step 2',
  'committed',
  'finished',
  'rolling back',
];
/** By default some of them, in turn; `all` tries each with each. */
const ALL = process.env['TORTURE_RUNS'] !== undefined;

interface Place {
  readonly place: Scratch;
  readonly root: string;
  readonly disk: SmallDisk;
  readonly state: SmallDisk;
}

const DISKS = {
  tmpfs: (folder: string) => smallDisk({ home: folder }),
  ext4: smallExt4,
} as const;

async function furnished(kind: keyof typeof DISKS): Promise<Place> {
  const place = scratch();
  const disk = DISKS[kind](join(place.base, 'disk'));
  if (disk === null) lacking('needs loop devices: sudo modprobe loop, and root');
  const state = smallDisk(place);
  const root = join(place.base, 'disk', 'root');
  mkdirSync(root);
  execFileSync('bash', ['-c', TREE], { cwd: root });
  writeFileSync(place.configFile, `roots: [${root}]\nautonomy: full\nretention:\n  free_bytes: 1\n`);
  const first = await testApp({ on: place });
  const operator = await first.app.operator();
  await operator.enrol(PASSPHRASE, null);
  await operator.trustConfig({ passphrase: PASSPHRASE, terminal: false });
  await first.close();
  return { place: { ...place, root }, root, disk: disk as SmallDisk, state };
}

/** One call during which the disks run full at a step; then there is room again. */
async function withFull(
  { place, disk, state }: Place,
  step: string,
  both: boolean,
  call: (t: TestApp) => Promise<unknown>,
): Promise<string | null> {
  let armed = true;
  const t = await testApp({
    on: place,
    trace(reached) {
      if (!armed || reached !== step) return;
      disk.fill();
      if (both) state.fill();
    },
  });
  await call(t);
  armed = false;
  disk.free();
  state.free();
  // The next action ends what is open; it is one that changes nothing.
  await t.act('run_command', { command: 'true' });
  await t.close();
  expectSettled(place);
  return actionsOf(place).at(-2)?.outcome ?? null;
}

describeWithMounts('disks that run full in an action', import.meta.filename, () => {
  const cases = (['tmpfs', 'ext4'] as const).flatMap((kind) =>
    [false, true].map((both) => ({ kind, both, what: both ? 'root and state' : 'root' })),
  );
  test.each(cases)(
    '$what on $kind: before or after, never between',
    { timeout: 600_000 },
    async ({ kind, both }) => {
      const on = await furnished(kind);
      const before = manifestOf(on.root);
      const ends: (string | null)[] = [];
      let split = false;
      const steps = ALL ? STEPS : STEPS.filter((_, number) => number % 2 === Number(both));
      for (const step of steps) {
        const ended = await withFull(on, step, both, async (t) => {
          // The same request is refused once it has failed three times.
          const report = await t.act('run_command', { command: `${LINE} # ${step}` });
          split ||= JSON.stringify(report.result).includes('were split');
        });
        ends.push(ended);
        const name = `${step}: ${String(ended)}`;
        expect(['succeeded', 'failed', 'rolled_back'], name).toContain(ended);
        if (ended !== 'succeeded') {
          expect(manifestOf(on.root), name).toEqual(before);
          continue;
        }
        const after = manifestOf(on.root);
        expect(after).not.toEqual(before);
        const id = actionsOf(on.place).at(-2)?.id;
        let undone: string | null = null;
        for (const at of [step, 'none']) {
          if (undone === 'succeeded') break;
          undone = await withFull(on, at, both, async (t) => t.act('rollback', { id }));
          ends.push(undone);
          expect(manifestOf(on.root), `undo, ${at}: ${String(undone)}`).toEqual(
            undone === 'succeeded' ? before : after,
          );
        }
        expect(undone, `undo, ${step}`).toBe('succeeded');
      }
      // Full disks were met, and did not stop everything.
      expect(ends).toContain('succeeded');
      // Where the sandbox splits files with several names, all that a commit needs is in its stage already.
      if (both || !split) expect(ends.some((end) => end !== 'succeeded')).toBe(true);
    },
  );
});

// What the weakest rung costs an action that changes five files among 10,000 (128 MB), and its undo, against a tuned
// shadow git and restic over the same tree in the same run. The sandbox's own figures are in overlay.mjs.
import { execFile } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { difference } from '../dist/core/host.js';
import { inverse } from '../dist/core/effects.js';
import { openFiles } from '../dist/host/files.js';
import { openTransactions } from '../dist/host/journal/transactions.js';
import { openObjects } from '../dist/store/objects.js';
import { p50, place, printIfMain, timed } from './harness.mjs';
import { CHANGED, ROUNDS, change, fill, restic, shadowGit } from './peers.mjs';

/**
 * @typedef {import('./peers.mjs').Side} Side
 * @typedef {{ first: number, next: number, undo: number }} Times p50 in milliseconds
 */

export async function transactions() {
  const where = place();
  try {
    fill(where.root);
    const sides = [fallback(where), await shadowGit(where), ...(await restic(where))];
    const { fallback: ours, git, restic: peer } = await measured(sides, where.root);
    if (ours === undefined || git === undefined) throw new Error('a side was not measured');
    const none = { first: Number.NaN, next: Number.NaN, undo: Number.NaN };
    const told = peer === undefined ? 'restic (not run: it is not installed)' : 'restic';
    /** @type {(what: string, of: keyof Times, target?: { times?: number, ms?: number }) => object[]} */
    const rows = (what, of, target = {}) => [
      { name: `fallback, ${what}`, against: 'shadow git', ours: ours[of], reference: git[of], target },
      { name: `fallback, ${what}`, against: told, ours: ours[of], reference: (peer ?? none)[of], target: {} },
    ];
    return /** @type {import('./harness.mjs').Figure[]} */ ([
      ...rows('first snapshot', 'first'),
      ...rows('next snapshot, five changed', 'next', { ms: 120 }),
      ...rows('restore of five', 'undo', { ms: 150 }),
    ]);
  } finally {
    where.remove();
  }
}

/**
 * Each side in turn: a snapshot that is not timed, five changes, then its next snapshot and its undo, timed.
 * @param {Side[]} sides
 * @param {string} root
 * @returns {Promise<Record<string, Times>>}
 */
async function measured(sides, root) {
  const times = sides.map((side) => ({
    side,
    first: Number.NaN,
    next: /** @type {number[]} */ ([]),
    undo: /** @type {number[]} */ ([]),
  }));
  for (const one of times) {
    // What the one before has left to be written is not for the next to wait for.
    await promisify(execFile)('sync');
    one.first = await timed(one.side.snapshot);
  }
  for (let round = 0; round < ROUNDS; round++) {
    for (const { side, next, undo } of round % 2 === 0 ? times : times.toReversed()) {
      if (round >= side.rounds) continue;
      const earlier = await side.snapshot();
      change(root, round);
      let later;
      next.push(await timed(async () => (later = await side.snapshot())));
      undo.push(await timed(async () => side.undo(earlier, later)));
    }
  }
  return Object.fromEntries(
    times.map(({ side, first, next, undo }) => [side.name, { first, next: p50(next), undo: p50(undo) }]),
  );
}

/**
 * The weakest rung: the snapshot of the roots that stands in for an overlay where there is none.
 * @param {import('./harness.mjs').Place} where
 * @returns {Side}
 */
function fallback({ root, home }) {
  const folder = join(home, 'objects');
  mkdirSync(folder, { recursive: true });
  const objects = openObjects(folder);
  const limits = { files: 100_000, bytes: 2 ** 31 };
  const files = openFiles(
    { roots: [root], cwd: root },
    { objects, cacheFolder: join(home, 'scans'), limits },
  );
  let undone = 0;
  /** Of an action of its own each time. */
  const begun = () =>
    openTransactions(
      {
        action: `bench-${undone++}`,
        workspace: { roots: [root], cwd: root },
        isSecret: () => false,
        fingerprint: () => '',
        isNotable: () => false,
        onStore: () => undefined,
        formerTime: () => null,
        trace: () => undefined,
      },
      { stages: join(home, 'stages'), objects },
    );
  const signal = new AbortController().signal;
  const listing = async (/** @type {string} */ name) =>
    JSON.parse(String(await objects.get(name.replace(/^manifest:/, ''))));
  return {
    name: 'fallback',
    rounds: ROUNDS,
    async snapshot() {
      const manifest = await files.scan(root, signal);
      await objects.put(Buffer.from(JSON.stringify(manifest)));
      await objects.sync();
      return manifest;
    },
    async undo(earlier, later) {
      const was = new Map(earlier.folders);
      const changes = [];
      for (const [name, object] of later.folders)
        if (was.get(name) !== object)
          changes.push(...difference(join(root, name), await listing(was.get(name)), await listing(object)));
      if (changes.length !== CHANGED) throw new Error(`${changes.length} changes were found`);
      // As an undo does it: what is there now is kept and made durable before it is replaced.
      for (const { path } of changes) await files.state(path, true);
      await objects.sync();
      const action = begun();
      const set = inverse({ changes });
      const plan = await action.plan(set);
      await files.check(set);
      action.check(plan, true);
      action.apply(plan);
    },
  };
}

await printIfMain(import.meta.url, transactions);

// What an action costs that changes five files among 10,000 (128 MB), and its undo, against a tuned shadow git and
// restic over the same tree in the same run.
import { execFile, execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { difference } from '../dist/core/host.js';
import { inverse } from '../dist/core/effects.js';
import { openFiles } from '../dist/host/files.js';
import { openObjects } from '../dist/store/objects.js';
import { p50, place, printIfMain, timed } from './harness.mjs';

const ROUNDS = 9;
/** It takes seconds each time. */
const RESTIC_ROUNDS = 3;
const FOLDERS = 200;
const FILES_IN_EACH = 50;
/** One file in each folder is large; together 128 MB. */
const LARGE_BYTES = 262_144;
const SMALL_BYTES = 8_350;
const CHANGED = 5;

/**
 * @typedef {object} Side one way to keep a tree and to take changes back
 * @property {string} name
 * @property {number} rounds
 * @property {() => Promise<unknown>} snapshot Keeps the tree as it is now; durable when it returns.
 * @property {(earlier: any, later: any) => Promise<unknown>} undo Puts back what differs between two snapshots.
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

/** @param {number} folder */
const folderName = (folder) => join(`part-${folder % 20}`, `folder-${folder}`);

/**
 * Random content, so that no object stands for two files.
 * @param {string} root
 */
function fill(root) {
  for (let folder = 0; folder < FOLDERS; folder++) {
    const path = join(root, folderName(folder));
    mkdirSync(path, { recursive: true });
    for (let file = 0; file < FILES_IN_EACH; file++)
      writeFileSync(join(path, `file-${file}`), randomBytes(file === 0 ? LARGE_BYTES : SMALL_BYTES));
  }
}

/** @param {string} root @param {number} round */
function change(root, round) {
  for (let n = 0; n < CHANGED; n++)
    writeFileSync(join(root, folderName(n * 7), `file-${round + 1}`), randomBytes(SMALL_BYTES));
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
      await files.apply(inverse({ changes }), 'bench');
    },
  };
}

/**
 * @param {import('./harness.mjs').Place} where
 * @returns {Promise<Side>}
 */
async function shadowGit({ root, home }) {
  const env = { ...process.env, GIT_DIR: join(home, 'shadow.git'), GIT_WORK_TREE: root };
  mkdirSync(home, { recursive: true });
  const git = async (/** @type {string[]} */ ...args) =>
    (await promisify(execFile)('git', args, { cwd: root, env, maxBuffer: 2 ** 26 })).stdout.trim();
  await git('init', '-q');
  for (const [name, value] of [
    ['core.untrackedCache', 'true'],
    ['core.preloadIndex', 'true'],
    ['core.compression', '0'],
    ['index.version', '4'],
    ['index.skipHash', 'true'],
    ['gc.auto', '0'],
  ])
    await git('config', name ?? '', value ?? '');
  return {
    name: 'git',
    rounds: ROUNDS,
    async snapshot() {
      await git('add', '-A');
      return git('write-tree');
    },
    undo: async (earlier) => git('read-tree', '-u', '--reset', earlier),
  };
}

/**
 * None where restic is not there and this user cannot install it.
 * @param {import('./harness.mjs').Place} where
 * @returns {Promise<Side[]>}
 */
async function restic({ root, home }) {
  const env = {
    ...process.env,
    RESTIC_REPOSITORY: join(home, 'restic'),
    RESTIC_PASSWORD: 'bench',
    RESTIC_CACHE_DIR: join(home, 'restic-cache'),
  };
  const run = async (/** @type {string[]} */ ...args) =>
    (await promisify(execFile)('restic', args, { env, maxBuffer: 2 ** 26 })).stdout;
  if (!hasRestic()) return [];
  await run('init');
  return [
    {
      name: 'restic',
      rounds: RESTIC_ROUNDS,
      async snapshot() {
        const last = (await run('backup', '--json', root)).trim().split('\n').at(-1) ?? '';
        return JSON.parse(last).snapshot_id;
      },
      undo: async (earlier) => run('restore', earlier, '--target', '/'),
    },
  ];
}

function hasRestic() {
  const there = () => {
    try {
      execFileSync('restic', ['version'], { stdio: 'ignore' });
      return true;
    } catch {
      return false;
    }
  };
  if (there()) return true;
  if (process.getuid?.() !== 0) return false;
  try {
    execFileSync('apt-get', ['install', '-y', 'restic'], { stdio: 'ignore' });
  } catch {
    return false;
  }
  return there();
}

await printIfMain(import.meta.url, transactions);

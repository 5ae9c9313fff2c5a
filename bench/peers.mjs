// The tree that transactions are measured on, and those that they are measured against.
import { execFile, execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** How often a side is measured. */
export const ROUNDS = 9;
/** It takes seconds each time. */
const RESTIC_ROUNDS = 3;
const FOLDERS = 200;
const FILES_IN_EACH = 50;
/** One file in each folder is large; together 128 MB. */
const LARGE_BYTES = 262_144;
export const SMALL_BYTES = 8_350;
export const CHANGED = 5;

/**
 * @typedef {object} Side one way to keep a tree and to take changes back
 * @property {string} name
 * @property {number} rounds
 * @property {() => Promise<unknown>} snapshot Keeps the tree as it is now; durable when it returns.
 * @property {(earlier: any, later: any) => Promise<unknown>} undo Puts back what differs between two snapshots.
 */

/** @param {number} folder */
const folderName = (folder) => join(`part-${folder % 20}`, `folder-${folder}`);

/**
 * Random content, so that no object stands for two files.
 * @param {string} root
 */
export function fill(root) {
  for (let folder = 0; folder < FOLDERS; folder++) {
    const path = join(root, folderName(folder));
    mkdirSync(path, { recursive: true });
    for (let file = 0; file < FILES_IN_EACH; file++)
      writeFileSync(join(path, `file-${file}`), randomBytes(file === 0 ? LARGE_BYTES : SMALL_BYTES));
  }
}

/**
 * The files that a round changes, relative to the root.
 * @param {number} round
 */
export const changedFiles = (round) =>
  Array.from({ length: CHANGED }, (_, n) => join(folderName(n * 7), `file-${round + 1}`));

/** @param {string} root @param {number} round */
export function change(root, round) {
  for (const file of changedFiles(round)) writeFileSync(join(root, file), randomBytes(SMALL_BYTES));
}

/**
 * @param {import('./harness.mjs').Place} where
 * @returns {Promise<Side>}
 */
export async function shadowGit({ root, home }) {
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
export async function restic({ root, home }) {
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

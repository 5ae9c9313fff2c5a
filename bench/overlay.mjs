// Commands in the sandbox as transactions, through the whole product in this process: five files changed among 10,000
// (128 MB) and taken back, against a tuned shadow git and restic over the same tree in the same run; all 10,000 deleted
// and taken back; `true`; an offline `npm ci`.
import { execFile, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { promisify } from 'node:util';
import { openApp } from '../dist/app.js';
import { interleaved, p50, printIfMain, timed, trustedPlace } from './harness.mjs';
import { ROUNDS, SMALL_BYTES, change, changedFiles, fill, restic, shadowGit } from './peers.mjs';

// Nobody is there to be asked about a mass deletion.
const CONFIG = 'autonomy: full\nlimits:\n  actions_per_minute: 1000000\n';
const TRUE_ROUNDS = 60;
const NPM_ROUNDS = 3;
const PACKAGES = 40;
const FILES_IN_EACH = 200;
const NPM = 'npm ci --offline --no-audit --no-fund --ignore-scripts';

/** @typedef {import('./harness.mjs').Figure} Figure */
/**
 * @typedef {object} Cost of one action, milliseconds
 * @property {string} id
 * @property {number} whole from the call to the answer
 * @property {number} run of it in the sandbox: built, the line run, ended
 * @property {number} commit of it from the commit record to the end of verification, made durable
 */

/** @returns {Promise<Figure[]>} */
export async function overlay() {
  return [...(await onTree()), ...(await ofTrue()), ...(await ofNpm())];
}

/**
 * The product on a root of its own, every call timed.
 * @param {import('./harness.mjs').Place} where
 */
function product({ env, root }) {
  const at = new Map();
  const app = openApp({ env, trace: (step) => void at.set(step, performance.now()) });
  const connection = {
    principal: { client: 'bench', card: null, user: userInfo().username },
    cwd: root,
    announced: null,
    signal: new AbortController().signal,
  };
  return {
    /** @param {string} tool @param {object} input @returns {Promise<Cost>} */
    async act(tool, input) {
      // A transport reads the next call in a later turn of the event loop than that of the last answer.
      await nextTurn();
      /** @type {any} */
      let report;
      const whole = await timed(async () => (report = await app.gateway.call(tool, input, connection)));
      if (report.outcome !== 'succeeded') throw new Error(`${tool}: ${JSON.stringify(report.error)}`);
      const commit = at.get('verified') - at.get('committing');
      return { id: report.action_id, whole, run: report.result?.duration_ms ?? 0, commit };
    },
    close: async () => app.gateway.close(),
  };
}

/** @param {Cost[]} costs @param {(cost: Cost) => number} part */
const middle = (costs, part) => p50(costs.map(part));

async function onTree() {
  const where = await trustedPlace(CONFIG);
  const { act, close } = product(where);
  try {
    fill(where.root);
    const changed = /** @type {Record<'done' | 'undone', Cost[]>} */ ({ done: [], undone: [] });
    const deleted = /** @type {Record<'done' | 'undone', Cost[]>} */ ({ done: [], undone: [] });
    const peers = [await shadowGit(where), ...(await restic(where))].map((side) => ({
      side,
      next: /** @type {number[]} */ ([]),
      undo: /** @type {number[]} */ ([]),
    }));
    await act('run_command', { command: 'true' });
    for (const { side } of peers) await side.snapshot();
    for (let round = 0; round < ROUNDS; round++) {
      const line = changedFiles(round).map((file) => `head -c ${SMALL_BYTES} /dev/urandom >${file}`);
      await both(act, line.join('\n'), changed);
      for (const { side, next, undo } of peers) {
        if (round >= side.rounds) continue;
        const earlier = await side.snapshot();
        change(where.root, round);
        let later;
        next.push(await timed(async () => (later = await side.snapshot())));
        undo.push(await timed(async () => side.undo(earlier, later)));
      }
      await both(act, 'rm -rf part-*', deleted);
    }
    const [git, peer] = peers;
    if (git === undefined) throw new Error('git was not measured');
    const times = { next: p50(git.next), undo: p50(git.undo) };
    const slow = { next: p50(peer?.next ?? []), undo: p50(peer?.undo ?? []) };
    const told = peer === undefined ? 'restic (not run: it is not installed)' : 'restic';
    const around = middle(changed.done, ({ whole, run }) => whole - run);
    const undone = middle(changed.undone, ({ whole }) => whole);
    /** @type {(name: string, ours: number, target?: Figure['target']) => Figure} */
    const alone = (name, ours, target = {}) => ({
      name,
      against: 'none',
      ours,
      reference: Number.NaN,
      target,
    });
    /** @type {Figure[]} */
    const figures = [
      {
        name: 'five changed: all of the action but the run in the sandbox',
        against: 'shadow git, snapshot',
        ours: around,
        reference: times.next,
        target: { times: 0.5 },
      },
      {
        name: 'five changed: the same',
        against: told,
        ours: around,
        reference: slow.next,
        target: { times: 1 / 40 },
      },
      {
        name: 'five changed: the whole undo action',
        against: 'shadow git, restore',
        ours: undone,
        reference: times.undo,
        target: { times: 0.3 },
      },
      {
        name: 'five changed: the same',
        against: told,
        ours: undone,
        reference: slow.undo,
        target: { times: 1 / 40 },
      },
      alone(
        'five changed: the whole action, run included',
        middle(changed.done, ({ whole }) => whole),
      ),
      alone(
        'five changed: its commit alone',
        middle(changed.done, ({ commit }) => commit),
      ),
      alone(
        'five changed: the commit of its undo alone',
        middle(changed.undone, ({ commit }) => commit),
      ),
      alone(
        '10,000 deleted: commit',
        middle(deleted.done, ({ commit }) => commit),
        { ms: 60 },
      ),
      alone(
        '10,000 deleted: commit of the undo',
        middle(deleted.undone, ({ commit }) => commit),
        { ms: 40 },
      ),
      alone(
        '10,000 deleted: the whole action',
        middle(deleted.done, ({ whole }) => whole),
      ),
      alone(
        '10,000 deleted: the whole undo action',
        middle(deleted.undone, ({ whole }) => whole),
      ),
    ];
    return figures;
  } finally {
    await close();
    where.remove();
  }
}

/**
 * A line and its undo.
 * @param {ReturnType<typeof product>['act']} act
 * @param {string} command
 * @param {Record<'done' | 'undone', Cost[]>} costs
 */
async function both(act, command, costs) {
  // What was written before is not for this to wait for.
  await promisify(execFile)('sync');
  const done = await act('run_command', { command });
  costs.done.push(done);
  costs.undone.push(await act('rollback', { id: done.id }));
}

/** Nothing is committed here: the sandbox by itself, and the whole action with its records. */
async function ofTrue() {
  const where = await trustedPlace(CONFIG);
  const { act, close } = product(where);
  try {
    const boxed = /** @type {number[]} */ ([]);
    const guarded = async () => boxed.push((await act('run_command', { command: 'true' })).run);
    const bare = async () =>
      once(spawn('/bin/bash', ['--noprofile', '--norc', '-c', 'true'], { stdio: 'pipe' }), 'close');
    await interleaved(5, guarded, bare);
    boxed.length = 0;
    const found = await interleaved(TRUE_ROUNDS, guarded, bare);
    const against = 'bare spawn';
    return [
      {
        name: '`true`: its run in the sandbox',
        against,
        ours: p50(boxed),
        reference: found.reference,
        target: { moreMs: 12 },
      },
      { name: '`true`: the whole action', against, ...found, target: {} },
    ];
  } finally {
    await close();
    where.remove();
  }
}

/** Packages from tarballs beside the project, as nothing may come over the network; the commit of node_modules included. */
async function ofNpm() {
  const where = await trustedPlace(CONFIG);
  const { act, close } = product(where);
  try {
    makeProject(where);
    const cache = join(where.home, 'bench-npm-cache');
    const boxed = async () => act('run_command', { command: NPM, timeout_seconds: 300 });
    const direct = async () =>
      promisify(execFile)('/bin/bash', ['-c', NPM], {
        cwd: where.root,
        env: { ...where.env, npm_config_cache: cache },
      });
    const clear = async () => {
      rmSync(join(where.root, 'node_modules'), { recursive: true });
      await promisify(execFile)('sync');
    };
    await interleaved(1, boxed, direct, clear);
    const found = await interleaved(NPM_ROUNDS, boxed, direct, clear);
    const name = `npm ci, ${PACKAGES * FILES_IN_EACH} files: the whole action`;
    return [{ name, against: 'direct', ...found, target: { times: 1.15 } }];
  } finally {
    await close();
    where.remove();
  }
}

/** @param {import('./harness.mjs').Place} where */
function makeProject({ root, env }) {
  const dependencies = /** @type {Record<string, string>} */ ({});
  for (let n = 0; n < PACKAGES; n++) {
    const name = `bench-${n}`;
    const folder = join(root, 'packages', name, 'package');
    mkdirSync(join(folder, 'lib'), { recursive: true });
    writeFileSync(join(folder, 'package.json'), JSON.stringify({ name, version: '1.0.0' }));
    for (let file = 1; file < FILES_IN_EACH; file++)
      writeFileSync(join(folder, 'lib', `file-${file}.js`), `// ${name}\n`.repeat(file));
    execFileSync('tar', ['-czf', join(root, `${name}.tgz`), '-C', join(root, 'packages', name), 'package']);
    dependencies[name] = `file:${name}.tgz`;
  }
  rmSync(join(root, 'packages'), { recursive: true });
  writeFileSync(
    join(root, 'package.json'),
    JSON.stringify({ name: 'bench', version: '1.0.0', dependencies }),
  );
  const words = ['install', '--package-lock-only', '--offline', '--no-audit', '--no-fund'];
  execFileSync('npm', words, { cwd: root, env, stdio: 'ignore' });
}

await printIfMain(import.meta.url, overlay);

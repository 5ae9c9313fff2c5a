import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/**
 * What a benchmark found. Figures are told against a reference that was measured in the same run, turn by
 * turn with ours, since milliseconds alone say more about the machine than about the product.
 * @typedef {object} Figure
 * @property {string} name
 * @property {string} against What the reference is.
 * @property {number} ours Milliseconds, p50.
 * @property {number} reference Milliseconds, p50; NaN where there is none.
 * @property {{ times?: number, moreMs?: number, ms?: number }} target The most that is allowed; empty where the figure only informs.
 */

/** @typedef {{ root: string, home: string, env: NodeJS.ProcessEnv, remove(): void }} Place */

const fileHere = (/** @type {string} */ path) => fileURLToPath(new URL(path, import.meta.url));

const MAIN = fileHere('../dist/main.js');

/** The arguments of node that start each side. */
export const BARE = [fileHere('bare-server.mjs')];
export const OURS = [MAIN, 'serve', '--stdio'];

/** @param {number[]} values */
export function p50(values) {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const [low = Number.NaN, high = Number.NaN] = [sorted[(sorted.length - 1) >> 1], sorted[middle]];
  return (low + high) / 2;
}

/**
 * The value that so large a share of all does not exceed.
 * @param {number[]} values
 * @param {number} share
 */
export const atShare = (values, share) =>
  values.toSorted((a, b) => a - b)[Math.ceil(values.length * share) - 1] ?? Number.NaN;

/** @param {() => Promise<unknown>} work */
export async function timed(work) {
  const started = performance.now();
  await work();
  return performance.now() - started;
}

/**
 * Measures both sides turn by turn, each first as often as the other, so that noise meets both alike.
 * @param {number} rounds
 * @param {() => Promise<unknown>} ours
 * @param {() => Promise<unknown>} reference
 * @param {() => Promise<unknown>} [after] clears up after each measurement, outside of it
 * @returns {Promise<{ ours: number, reference: number }>} p50 in milliseconds
 */
export async function interleaved(rounds, ours, reference, after = async () => undefined) {
  const sides = [ours, reference].map((work) => ({ work, times: /** @type {number[]} */ ([]) }));
  for (let round = 0; round < rounds; round++) {
    for (const { work, times } of round % 2 === 0 ? sides : sides.toReversed()) {
      times.push(await timed(work));
      await after();
    }
  }
  const [a = [], b = []] = sides.map(({ times }) => times);
  return { ours: p50(a), reference: p50(b) };
}

/**
 * A root, a state and a configuration of their own in a temporary folder.
 * @param {string} [config] written before anything starts
 * @returns {Place}
 */
export function place(config) {
  const base = realpathSync(mkdtempSync(join(tmpdir(), 'homeostat-bench-')));
  const root = join(base, 'root');
  const home = join(base, 'state');
  mkdirSync(root);
  mkdirSync(join(base, 'config', 'homeostat'), { recursive: true });
  if (config !== undefined) writeFileSync(join(base, 'config', 'homeostat', 'config.yaml'), config);
  const env = { ...process.env, HOMEOSTAT_HOME: home, XDG_CONFIG_HOME: join(base, 'config') };
  return { root, home, env, remove: () => rmSync(base, { recursive: true, force: true }) };
}

/**
 * A place with a configuration that a person has trusted, so that what it loosens holds.
 * @param {string} config
 */
export async function trustedPlace(config) {
  const where = place(config);
  for (const command of ['init', 'trust']) {
    const cli = spawn(process.execPath, [MAIN, command, '--passphrase-stdin'], {
      cwd: where.root,
      env: where.env,
      stdio: ['pipe', 'ignore', 'pipe'],
    });
    cli.stdin.end('a passphrase of the bench\n');
    const [code] = await once(cli, 'exit');
    if (code !== 0) throw new Error(`homeostat ${command} ended with ${code}: ${cli.stderr.read()}`);
  }
  return where;
}

/**
 * A server at the other end of its pipes. The client is plain lines of JSON, so that its own cost, equal on
 * both sides, does not flatter the ratio.
 * @param {string[]} args of node
 * @param {Place} where
 */
export function start(args, where) {
  const child = spawn(process.execPath, args, {
    cwd: where.root,
    env: where.env,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  /** @type {Map<number, { resolve(result: any): void, reject(error: Error): void }>} */
  const waiting = new Map();
  let last = 0;
  createInterface({ input: child.stdout }).on('line', (line) => {
    const { id, result, error } = JSON.parse(line);
    const asked = waiting.get(id);
    waiting.delete(id);
    if (result === undefined) asked?.reject(new Error(JSON.stringify(error)));
    else asked?.resolve(result);
  });
  child.once('exit', (code) => {
    for (const { reject } of waiting.values()) reject(new Error(`the server ended with ${code}`));
  });
  const send = (/** @type {object} */ message) =>
    void child.stdin.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);
  const request = async (/** @type {string} */ method, /** @type {object} */ params) =>
    new Promise((resolve, reject) => {
      waiting.set(++last, { resolve, reject });
      send({ id: last, method, params });
    });
  return {
    async initialize() {
      const clientInfo = { name: 'bench', version: '1.0.0' };
      await request('initialize', { protocolVersion: '2025-06-18', capabilities: {}, clientInfo });
      send({ method: 'notifications/initialized' });
    },
    /** @param {string} name @param {object} [input] */
    async call(name, input = {}) {
      const result = await request('tools/call', { name, arguments: input });
      if (result.isError === true) throw new Error(`${name}: ${result.content[0].text}`);
      return result.structuredContent;
    },
    async close() {
      child.stdin.end();
      if (child.exitCode === null) await once(child, 'exit');
    },
  };
}

const ms = (/** @type {number} */ value) =>
  Number.isNaN(value) ? '-' : `${value.toFixed(Math.abs(value) < 1 ? 3 : 2)} ms`;

/**
 * One line of the table; `met` is null where nothing is promised.
 * @param {Figure} figure
 */
function verdict({ name, against, ours, reference, target }) {
  const ratio = ours / reference;
  const more = ours - reference;
  const allowed =
    target.times !== undefined
      ? { met: Number.isNaN(ratio) ? null : ratio <= target.times, shown: `at most ${target.times} times` }
      : target.moreMs !== undefined
        ? { met: more <= target.moreMs, shown: `at most ${target.moreMs} ms more` }
        : target.ms !== undefined
          ? { met: ours <= target.ms, shown: `at most ${target.ms} ms` }
          : { met: null, shown: '-' };
  return {
    measured: name,
    ours: ms(ours),
    reference: Number.isNaN(reference) ? against : `${against}: ${ms(reference)}`,
    ratio: Number.isNaN(ratio) ? '-' : ratio.toFixed(ratio < 0.1 ? 4 : 2),
    difference: ms(more),
    target: allowed.shown,
    met: allowed.met === null ? '-' : allowed.met ? 'met' : 'not met',
  };
}

/**
 * Prints figures as a Markdown table.
 * @param {Figure[]} figures
 */
export function print(figures) {
  const rows = figures.map(verdict);
  const columns = /** @type {(keyof ReturnType<typeof verdict>)[]} */ (Object.keys(rows[0] ?? {}));
  const line = (/** @type {string[]} */ cells) => `| ${cells.join(' | ')} |\n`;
  const widths = columns.map((c) => Math.max(c.length, ...rows.map((row) => row[c].length)));
  const padded = (/** @type {string[]} */ cells) => line(cells.map((cell, i) => cell.padEnd(widths[i] ?? 0)));
  process.stdout.write(padded(columns) + line(widths.map((width) => '-'.repeat(width))));
  for (const row of rows) process.stdout.write(padded(columns.map((c) => row[c])));
}

/**
 * Prints what a benchmark measures when its file is the one that was started.
 * @param {string} url the file's `import.meta.url`
 * @param {() => Promise<Figure[]>} measure
 */
export async function printIfMain(url, measure) {
  if (process.argv[1] !== undefined && realpathSync(process.argv[1]) === fileURLToPath(url))
    print(await measure());
}

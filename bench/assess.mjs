// Assessments of shell lines, against cc-safety-net over the same lines in the same run: how fast, and how right.
// Lines are {cmd, label} in JSON, a label `dangerous` or `safe`: `node bench/assess.mjs FILE`, or BENCH_LINES=FILE.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openAssessor } from '../dist/assessor.js';
import { atShare, interleaved, p50, printIfMain } from './harness.mjs';

const WARM_UP = 3;
const ROUNDS = 10;
const STARTS = 15;
const REFUSALS = 5;

const MAIN = fileURLToPath(new URL('../dist/main.js', import.meta.url));
const SHIPPED = fileURLToPath(new URL('assess-lines.jsonl', import.meta.url));
const FLAGGED = new Set(['HIGH', 'CRITICAL', 'DESTRUCTIVE']);
const PEER = 'cc-safety-net';

const HUGE = `echo ${'a'.repeat(1_000_000)}`;
const NESTED = `${'$('.repeat(10_000)}x${')'.repeat(10_000)}`;

/**
 * @typedef {{ cmd: string, label: 'dangerous' | 'safe' }} Line
 * @typedef {{ flags(line: string): boolean }} Side one of the two that are compared
 */

/** @param {string} [file] */
export async function assess(file = process.env['BENCH_LINES'] ?? SHIPPED) {
  const lines = linesOf(file);
  // A folder that exists, since the peer refuses any other, and not a temporary one, where both are milder.
  const cwd = mkdtempSync(join(homedir(), 'homeostat-bench-'));
  const kept = process.env;
  process.env = { ...kept, CC_SAFETY_NET_HOME: join(cwd, '.peer'), CC_SAFETY_NET_STRICT: '1' };
  try {
    const [ours, peer] = [await homeostat(cwd), await peerIn(cwd)];
    const times = alternately(lines, ours, peer);
    tell(file, lines, { ours, peer }, times);
    const warm = (/** @type {(values: number[]) => number} */ of) => ({
      against: PEER,
      ours: of(times.ours),
      reference: of(times.peer),
    });
    const refused = async (/** @type {string} */ line) => ({
      against: PEER,
      ...(await interleaved(
        REFUSALS,
        async () => ours.flags(line),
        async () => peer.flags(line),
      )),
      target: { ms: 50 },
    });
    return [
      { name: 'assessment, p50', ...warm(p50), target: { ms: 0.1 } },
      { name: 'assessment, p99', ...warm((all) => atShare(all, 0.99)), target: { ms: 2 } },
      { name: 'refusal of a line of 1 MB', ...(await refused(HUGE)) },
      { name: 'refusal of 10,000 substitutions', ...(await refused(NESTED)) },
      ...(await firstAssessment(cwd)),
    ];
  } finally {
    process.env = kept;
    rmSync(cwd, { recursive: true, force: true });
  }
}

/** @param {string} file @returns {Line[]} */
const linesOf = (file) =>
  readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));

/** @param {string} cwd @returns {Promise<Side>} */
async function homeostat(cwd) {
  const { assess: assessed } = await openAssessor();
  return { flags: (line) => FLAGGED.has(assessed(line, cwd).level) };
}

/** @param {string} cwd @returns {Promise<Side>} in this process, by the interface that its package exports */
async function peerIn(cwd) {
  const { checkCommand } = await import('cc-safety-net/api');
  return { flags: (command) => checkCommand({ command, cwd }).kind === 'deny' };
}

/**
 * Milliseconds of each assessment of a warm process, the two sides turn by turn.
 * @param {Line[]} lines @param {Side} ours @param {Side} peer
 */
function alternately(lines, ours, peer) {
  const sides = [ours, peer].map((side) => ({ side, times: /** @type {number[]} */ ([]) }));
  for (let round = 0; round < WARM_UP + ROUNDS; round++) {
    // A whole pass each: line by line, either would find the caches full of the other.
    for (const { side, times } of round % 2 === 0 ? sides : sides.toReversed()) {
      for (const { cmd } of lines) {
        const started = performance.now();
        side.flags(cmd);
        if (round >= WARM_UP) times.push(performance.now() - started);
      }
    }
  }
  const [a = [], b = []] = sides.map(({ times }) => times);
  return { ours: a, peer: b };
}

/**
 * From the start of a process to its first assessment, beyond what a bare node needs.
 * @param {string} cwd
 */
async function firstAssessment(cwd) {
  const code = `import { checkCommand } from 'cc-safety-net/api'; checkCommand(${JSON.stringify({ command: 'ls', cwd })})`;
  const run = (/** @type {string[]} */ args) => async () => {
    const child = spawn(process.execPath, args, {
      cwd: fileURLToPath(new URL('.', import.meta.url)),
      stdio: 'ignore',
    });
    const [exit] = await once(child, 'exit');
    if (exit !== 0) throw new Error(`node ${args.join(' ')} ended with ${exit}`);
  };
  const ours = run([MAIN, 'assess', 'ls']);
  const bare = await interleaved(STARTS, ours, run(['-e', '0']));
  const peer = await interleaved(STARTS, ours, run(['--input-type=module', '-e', code]));
  return [
    { name: 'start to first assessment', against: 'bare node', ...bare, target: { moreMs: 60 } },
    { name: 'start to first assessment', against: PEER, ...peer, target: {} },
  ];
}

const percent = (/** @type {number} */ share) => `${(100 * share).toFixed(1)} %`;

/**
 * How right both are, and how many lines they assess in a second.
 * @param {string} file @param {Line[]} lines
 * @param {{ ours: Side, peer: Side }} sides
 * @param {{ ours: number[], peer: number[] }} times
 */
function tell(file, lines, { ours, peer }, times) {
  const flagged = (/** @type {Side} */ side, /** @type {Line['label']} */ label) => {
    const such = lines.filter((line) => line.label === label);
    return such.filter(({ cmd }) => side.flags(cmd)).length / such.length;
  };
  const perSecond = (/** @type {number[]} */ all) => (1000 * all.length) / all.reduce((sum, t) => sum + t, 0);
  const [fast, slow] = [perSecond(times.ours), perSecond(times.peer)];
  const both = (/** @type {Line['label']} */ label) =>
    `homeostat ${percent(flagged(ours, label))}, ${PEER} ${percent(flagged(peer, label))}`;
  process.stdout.write(
    [
      `${lines.length} lines of ${file}, each ${ROUNDS} times; ${PEER} strict, in this process by its own interface`,
      `recall:       ${both('dangerous')}`,
      `false alarms: ${both('safe')}`,
      `throughput:   homeostat ${fast.toFixed(0)}/s, ${PEER} ${slow.toFixed(0)}/s, ratio ${(fast / slow).toFixed(2)}`,
      '\n',
    ].join('\n'),
  );
}

await printIfMain(import.meta.url, async () => assess(process.argv[2]));

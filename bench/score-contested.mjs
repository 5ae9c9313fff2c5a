// How right the assessor is on labelled lines, with all labels and without those that we contest.
// Lines are {cmd, label, family} in JSON, a label `dangerous` or `safe`: `node bench/score-contested.mjs FILE`.
import { readFileSync } from 'node:fs';
import { openAssessor } from '../dist/assessor.js';

const CONTESTED = new URL('contested-labels.jsonl', import.meta.url);
const FLAGGED = new Set(['HIGH', 'CRITICAL', 'DESTRUCTIVE']);

/** Families in which what is done is told by the line alone. */
const CORE = new Set(
  'fs git inline-code evasion exec-remote reverse-shell persist kill breakout-rm threat'.split(' '),
);

/** A folder that need not exist: nothing that stands on this machine may count. */
const CWD = '/home/dev/project';

/** @typedef {{ cmd: string, label: 'dangerous' | 'safe', family?: string, flagged: boolean }} Judged */

/** @param {string | URL} file @returns {{ cmd: string, label: 'dangerous' | 'safe', family?: string }[]} */
const linesOf = (file) =>
  readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));

/** @param {readonly Judged[]} lines */
function figures(lines) {
  const share = (/** @type {readonly Judged[]} */ some) =>
    some.length === 0
      ? '-'
      : `${((100 * some.filter((line) => line.flagged).length) / some.length).toFixed(1)} %`;
  const dangerous = lines.filter(({ label }) => label === 'dangerous');
  const core = dangerous.filter(({ family }) => CORE.has(family ?? ''));
  const safe = lines.filter(({ label }) => label === 'safe');
  return `recall ${share(dangerous)}, core ${share(core)}, false alarms ${share(safe)}`;
}

const [file] = process.argv.slice(2);
if (file === undefined) {
  process.stderr.write('usage: node bench/score-contested.mjs FILE\n');
  process.exit(2);
}
const { assess } = await openAssessor();
const judged = linesOf(file).map((line) => ({ ...line, flagged: FLAGGED.has(assess(line.cmd, CWD).level) }));
const contested = new Set(linesOf(CONTESTED).map(({ cmd, label }) => `${label} ${cmd}`));
const uncontested = judged.filter(({ cmd, label }) => !contested.has(`${label} ${cmd}`));
process.stdout.write(
  [
    `all ${judged.length} labels:              ${figures(judged)}`,
    `without ${judged.length - uncontested.length} that are contested: ${figures(uncontested)}`,
    '',
  ].join('\n'),
);

import { type Level, rank, strictest } from '../../src/core/risk.ts';
import type { Verdict } from './assessor.ts';
import { leastLevel } from './canaries.ts';
import type { Line } from './grammar/index.ts';
import type { Deed } from './sandbox/index.ts';

export interface Case {
  readonly index: number;
  readonly line: Line;
  readonly deed: Deed;
  readonly verdict: Verdict;
}

/** The least that what was done must be said to risk: SAFE where nothing was. */
export const leastOf = ({ changes, ran }: Deed): Level =>
  strictest([...changes.map((change) => leastLevel(change)), ran.length > 0 ? 'MEDIUM' : 'SAFE']);

export const isMissed = ({ deed, verdict }: Case): boolean => rank(verdict.level) < rank(leastOf(deed));

export const isIdle = ({ deed }: Case): boolean => leastOf(deed) === 'SAFE';

export const isFalseAlarm = (one: Case): boolean =>
  one.line.kind === 'harmless' && isIdle(one) && rank(one.verdict.level) >= rank('HIGH');

/** The line, what it did, and what was said about it. */
export function told({ index, line, deed, verdict }: Case): string {
  const worst = leastOf(deed);
  const changes = deed.changes
    .filter((change) => leastLevel(change) === worst)
    .map(({ path, change, lost }) => `${change} ${path}${lost ? ' (lost)' : ''}`);
  const more = changes.length > 3 ? [`${changes.length - 3} more`] : [];
  return [
    `#${index} ${line.kind}`,
    ...line.text.split('\n').map((text) => `    ${text}`),
    `  did  ${worst}: ${[...changes.slice(0, 3), ...more, ...deed.ran.map((name) => `ran ${name}`)].join(', ')}`,
    `  said ${verdict.level}${verdict.reasons.map((reason) => `\n    ${reason}`).join('')}`,
  ].join('\n');
}

const percent = (part: number, whole: number): string =>
  `${part} of ${whole} (${((100 * part) / Math.max(1, whole)).toFixed(1)} %)`;

export function summary(cases: readonly Case[]): string {
  const dangerous = cases.filter((one) => one.line.kind === 'dangerous');
  const did = cases.filter((one) => !isIdle(one));
  const missed = did.filter(isMissed);
  const severe = did.filter((one) => rank(leastOf(one.deed)) >= rank('HIGH'));
  const harmless = cases.filter((one) => one.line.kind === 'harmless' && isIdle(one));
  const hidden = cases.filter((one) => one.line.kind === 'hidden harmless' && isIdle(one));
  const flagged = (from: readonly Case[]): number =>
    from.filter((one) => rank(one.verdict.level) >= rank('HIGH')).length;
  return [
    `dangerous lines that did something: ${percent(dangerous.filter((one) => !isIdle(one)).length, dangerous.length)}`,
    `said to be less than they did:      ${percent(missed.length, did.length)}`,
    `  of those that had to be HIGH:     ${percent(severe.filter(isMissed).length, severe.length)}`,
    `false alarms:                       ${percent(flagged(harmless), harmless.length)}`,
    `  on harmless lines in disguise:    ${percent(flagged(hidden), hidden.length)}`,
    `killed for taking too long:         ${cases.filter((one) => one.deed.late).length}`,
  ].join('\n');
}

import type { Effects } from '../core/effects.ts';
import { type Risk, rank } from '../core/risk.ts';

/** So many of each are told; what is judged, held and committed is always the whole. */
const MOST_SHOWN = 100;

/** Effects as they are told: changes that a rule speaks of come first where not all can be, and the rest is counted. */
export function shownEffects(effects: Effects | null, risk: Risk | null): Effects | null {
  if (effects === null || effects.changes.length <= MOST_SHOWN) return effects;
  const { changes } = effects;
  const named = new Set(risk?.factors.map(({ evidence }) => evidence));
  const shown = first(
    changes,
    ({ path, from }) => named.has(path) || (from !== undefined && named.has(from)),
  );
  return { ...effects, changes: shown, more: changes.length - shown.length };
}

/** A risk likewise, with the strictest factors first. */
export function shownRisk(risk: Risk | null): Risk | null {
  if (risk === null || Math.max(risk.factors.length, risk.effects.length) <= MOST_SHOWN) return risk;
  const { factors, effects } = risk;
  const strictest = factors.toSorted((a, b) => rank(b.level) - rank(a.level)).slice(0, MOST_SHOWN);
  const named = new Set(strictest.map(({ evidence }) => evidence));
  const told = first(effects, ({ target, evidence }) => named.has(target) || named.has(evidence));
  const more = factors.length - strictest.length + effects.length - told.length;
  return { ...risk, factors: strictest, effects: told, more };
}

const first = <T>(all: readonly T[], matters: (one: T) => boolean): T[] =>
  [...all.filter(matters), ...all.filter((one) => !matters(one))].slice(0, MOST_SHOWN);

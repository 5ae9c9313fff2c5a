import {
  type Effect,
  type Factor,
  type Level,
  type Reversibility,
  leastReversible,
  rank,
} from '../../../core/risk.ts';

const MOST_FACTORS = 200;
const EVIDENCE = 160;

const quote = (text: string): string => {
  const line = text.trim();
  return line.length > EVIDENCE ? `${line.slice(0, EVIDENCE - 3)}…` : line;
};

/** What was found about a line so far. */
export class Report {
  readonly factors = new Map<string, Factor>();
  readonly effects = new Map<string, Effect>();
  readonly instead = new Set<string>();
  reversibility: Reversibility = 'reversible';
  /** The level of what was found since a caller last set it to SAFE. */
  worst: Level = 'SAFE';

  factor(rule: string, level: Level, reason: string, evidence: string, reversibility?: Reversibility): void {
    const back = reversibility ?? (rank(level) > rank('LOW') ? 'irreversible' : 'reversible');
    this.reversibility = leastReversible([this.reversibility, back]);
    if (rank(level) > rank(this.worst)) this.worst = level;
    const factor = { rule, level, reason, evidence: quote(evidence) };
    const key = `${rule} ${factor.evidence}`;
    const before = this.factors.get(key);
    if (
      before !== undefined
        ? rank(before.level) < rank(level)
        : this.factors.size < MOST_FACTORS || rank(level) > rank('MEDIUM')
    )
      this.factors.set(key, factor);
  }

  effect(kind: Effect['kind'], target: string, evidence: string): void {
    if (this.effects.size < MOST_FACTORS)
      this.effects.set(`${kind} ${target}`, { kind, target, evidence: quote(evidence) });
  }
}

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

const FOLLOWS = 'It follows from a file that it runs, of which nothing is shown.';

const quote = (text: string): string => {
  const line = text.trim();
  return line.length > EVIDENCE ? `${line.slice(0, EVIDENCE - 3)}…` : line;
};

/** A file that the line runs, and whose text nobody is to learn from an assessment: what of the line runs it. */
interface Unshown {
  readonly quoted: string;
  /** True while the file's own text is followed; after it, the line's own words are shown again. */
  readonly inside: boolean;
}

/** What was found about a line so far. */
export class Report {
  readonly #line: string;
  #unshown: Unshown | null = null;
  readonly factors = new Map<string, Factor>();
  readonly effects = new Map<string, Effect>();
  readonly instead = new Set<string>();
  reversibility: Reversibility = 'reversible';
  /** The level of what was found since a caller last set it to SAFE. */
  worst: Level = 'SAFE';

  constructor(line: string) {
    this.#line = line;
  }

  /**
   * Follows a file's text of which neither words nor values are shown: an agent could read by it what it may not open.
   * `lasting` where the shell that stands runs it, and variables and functions may carry on what it says.
   */
  unshown<T>(quoted: string, lasting: boolean, follow: () => T): T {
    const before = this.#unshown;
    this.#unshown = before?.inside === true ? before : { quoted, inside: true };
    try {
      return follow();
    } finally {
      this.#unshown = lasting ? (before ?? { quoted, inside: false }) : before;
    }
  }

  #quote(evidence: string): string {
    if (this.#unshown === null || (!this.#unshown.inside && this.#line.includes(evidence)))
      return quote(evidence);
    return quote(this.#unshown.quoted);
  }

  factor(rule: string, level: Level, reason: string, evidence: string, reversibility?: Reversibility): void {
    const back = reversibility ?? (rank(level) > rank('LOW') ? 'irreversible' : 'reversible');
    this.reversibility = leastReversible([this.reversibility, back]);
    if (rank(level) > rank(this.worst)) this.worst = level;
    const factor = {
      rule,
      level,
      reason: this.#unshown === null ? reason : FOLLOWS,
      evidence: this.#quote(evidence),
    };
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
    const of = this.#unshown === null ? target : '…';
    if (this.effects.size < MOST_FACTORS)
      this.effects.set(`${kind} ${of}`, { kind, target: of, evidence: this.#quote(evidence) });
  }
}

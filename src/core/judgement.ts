import type { Autonomy } from './config.ts';
import type { Decision } from './outcome.ts';
import type { Risk } from './risk.ts';

/** One setting of autonomy that speaks of an action, and what it says. */
export interface AutonomySetting {
  /** `autonomy`, `autonomy_of.cards.NAME` or `autonomy_of.roots.PATH`, as in the configuration. */
  readonly by: string;
  readonly level: Autonomy;
}

/** One time that an action was judged: on what was asked for, or on what its stage was found to do. */
export interface Judgement {
  readonly step: 'request' | 'effects';
  readonly risk: Risk;
  readonly decision: Decision;
  readonly settings: readonly AutonomySetting[];
  /** What the pipeline or the tool found out, as rules name it. */
  readonly circumstances: readonly string[];
  /** Folders that its commands were to run in. */
  readonly folders: readonly string[];
  /** Whether it ran in a stage, so that rules which let commands do something do. */
  readonly contained: boolean;
}

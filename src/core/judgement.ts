import type { Autonomy } from './autonomy.ts';
import type { Decision } from './outcome.ts';
import type { Level, Risk } from './risk.ts';

/** One setting of autonomy that speaks of an action, and what it says. */
export interface AutonomySetting {
  /** `autonomy`, `autonomy_of.cards.NAME`, `autonomy_of.roots.PATH` or `agents.NAME.autonomy`, as in the configuration; or `card NAME`. */
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
  /** Whether only what it turned out to do counts, and whether it ran in a stage at all. */
  readonly contained: boolean;
  readonly staged: boolean;
  /** Whether it uses the network and only downloads. */
  readonly download: boolean;
}

/** What a person is told of why an action was decided as it was. */
export interface Explanation {
  readonly action_id: string;
  readonly tool: string;
  readonly agent: string;
  readonly summary: string;
  /** In order; empty where it was refused before it was judged. */
  readonly judgements: readonly Judgement[];
  /** What the record tells of it, the oldest first. */
  readonly events: readonly {
    readonly seq: number;
    readonly time: string;
    readonly event: string;
    readonly result: string | null;
    readonly error: string | null;
    readonly detail: string | null;
  }[];
}

/** An action that a changed policy would decide otherwise. */
export interface Differing {
  readonly action_id: string;
  readonly time: string;
  readonly tool: string;
  readonly agent: string;
  readonly summary: string;
  readonly was: Pick<Judgement, 'decision'> & { readonly level: Level };
  readonly would: Pick<Judgement, 'decision'> & { readonly level: Level };
  /** False where a rule that had the last word is gone, so that what lay beneath it is not on record. */
  readonly exact: boolean;
}

export interface Replay {
  readonly actions: number;
  /** The oldest first, the first thousand. */
  readonly differing: readonly Differing[];
  readonly differing_count: number;
}

export interface PolicyTest {
  readonly rules: number;
  readonly examples: number;
  readonly problems: readonly string[];
}

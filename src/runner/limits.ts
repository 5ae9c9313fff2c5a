import type { Card, CardLimits } from '../core/card.ts';

/** How far a run may go; each is a stop of its own. The server counts actions, risk and minutes too, by the run's name. */
export interface Limits extends CardLimits {
  /** Evaluated and generated together. */
  readonly tokens: number;
}

/** How the model is to answer. */
export interface Sampling {
  /** Of one answer. */
  readonly maxTokens: number;
  /** Null leaves it to the backend. */
  readonly temperature: number | null;
}

/** When a run is over. */
export interface Deadline {
  readonly signal: AbortSignal;
  /** Seconds until then. */
  left(): number;
}

export function deadlineIn(minutes: number): Deadline {
  const end = performance.now() + minutes * 60_000;
  return {
    signal: AbortSignal.timeout(minutes * 60_000),
    left: () => Math.max(0, (end - performance.now()) / 1000),
  };
}

const TOKENS = 500_000;
const ANSWER_TOKENS = 4096;

/** The limits of a card, or what the configuration leaves of them; a person may lower the steps for a run, or raise them. */
export const limitsOf = (
  { limits }: Pick<Card, 'limits'>,
  asked: { steps?: number | undefined },
): Limits => ({
  ...limits,
  tokens: TOKENS,
  ...(asked.steps === undefined ? {} : { steps: asked.steps }),
});

/** What the person says of it, or else the card. */
export const samplingOf = (
  { model }: Card,
  asked: { maxTokens?: number | undefined; temperature?: number | undefined },
): Sampling => ({
  maxTokens: asked.maxTokens ?? model.max_tokens ?? ANSWER_TOKENS,
  temperature: asked.temperature ?? model.temperature ?? null,
});

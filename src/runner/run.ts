import { createHash } from 'node:crypto';
import type { Card } from '../core/card.ts';
import { agentName, runClient } from '../core/principal.ts';
import type { AtMost, Message, TaskState } from '../core/tasks.ts';
import type { Hands } from './hands.ts';
import type { Journal } from './journal.ts';
import type { Limits, Sampling } from './limits.ts';
import type { Model } from './model.ts';
import type { AskHouse } from './record.ts';

/**
 * What a person said of a held action: here, or elsewhere while they were asked; `left` where nothing was said,
 * `interrupted` where they had enough of the run.
 */
export type Said = 'approved' | 'denied' | 'elsewhere' | 'left' | 'interrupted';

/** What happens in a run, as it happens: lines of `--json`, and what a terminal shows. */
export type RunEvent =
  | {
      readonly event: 'started';
      readonly run: string;
      readonly card: string;
      readonly model: string;
      readonly goal: string;
    }
  | { readonly event: 'text'; readonly text: string }
  | { readonly event: 'call'; readonly call: string; readonly tool: string; readonly input: unknown }
  | {
      readonly event: 'answer';
      readonly call: string;
      readonly tool: string;
      readonly outcome: string;
      readonly action_id: string | null;
      readonly level: string | null;
      readonly error: string | null;
    }
  | { readonly event: 'held'; readonly action_id: string; readonly said: Said }
  | { readonly event: 'note'; readonly note: string }
  /** A run that somebody else started waits for a person's word on a held action. */
  | { readonly event: 'asks'; readonly action_id: string }
  /** Tasks were handed out; `at_most` is what their runs may use up together. */
  | { readonly event: 'assigned'; readonly tasks: readonly string[]; readonly at_most: AtMost }
  | {
      readonly event: 'task';
      readonly id: string;
      readonly name: string;
      readonly card: string;
      readonly state: TaskState;
      readonly why: string | null;
      readonly run: string | null;
    };

/** One run: everything that it works with. */
export interface Run {
  readonly id: string;
  readonly agent: string;
  readonly card: Card;
  readonly journal: Journal;
  readonly model: Model;
  readonly hands: Hands;
  readonly limits: Limits;
  readonly sampling: Sampling;
  /** Asks the person at the terminal, who sees what the house shows and not what the model says; null where nobody is asked. */
  readonly person: ((actionId: string, ends: AbortSignal) => Promise<Said>) | null;
  readonly ask: AskHouse;
  /** What agents of the same goal have written to it after a message. */
  readonly news?: ((after: number) => readonly Message[]) | undefined;
  readonly tell: (event: RunEvent) => void;
  /** Ends it: the person has had enough. */
  readonly signal: AbortSignal;
}

/** Of everything that a card says: a run goes on only under the card that it began with. */
export const cardDigest = (card: Card): string =>
  createHash('sha256').update(JSON.stringify(card)).digest('hex');

export const agentOf = (id: string, card: string, user: string): string =>
  agentName({ client: runClient(id), card, user });

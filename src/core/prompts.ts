import * as z from 'zod';
import type { Card } from './card.ts';

/** What an argument of a prompt names, so that a client can be told what there is. */
export const completable = z.enum(['card', 'service', 'root', 'action']);
export type Completable = z.infer<typeof completable>;

/** The front matter of a playbook in `prompts/playbooks/`. */
export const playbookSchema = z.strictObject({
  name: z.string().regex(/^[a-z][a-z-]{0,39}$/),
  title: z.string().min(1).max(60),
  description: z.string().min(1).max(200),
  arguments: z
    .array(
      z.strictObject({
        name: z.string().regex(/^[a-z_]+$/),
        description: z.string(),
        required: z.boolean().default(false),
        complete: completable.optional(),
      }),
    )
    .max(5)
    .default([]),
});

/** What to do step by step where something has happened; advice, which takes no tool away and gives none. */
export interface Playbook extends z.infer<typeof playbookSchema> {
  readonly text: string;
}

/** The texts of `prompts/`. */
export interface Prompts {
  /** What every client is told of the server. */
  readonly instructions: string;
  /** A card's prompt, with the goal that a person gave. */
  card(card: Card, goal: string): string;
  playbooks(): ReadonlyMap<string, Playbook>;
  /** Names of the pages of `docs/`, and the text of one; null where there is none of that name. */
  pages(): readonly string[];
  page(name: string): string | null;
  /** A playbook with its arguments in it; one that was not given stays empty. */
  playbook(playbook: Playbook, given: Readonly<Record<string, string>>): string;
}

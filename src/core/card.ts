import * as z from 'zod';

/** The front matter of a prompt card in `agents/`. */
export const cardSchema = z.strictObject({
  name: z.string().regex(/^[a-z][a-z-]*$/),
  title: z.string(),
  description: z.string(),
  tools: z.array(z.string()).min(1).max(10),
});

/** The texts of `prompts/`. */
export interface Prompts {
  /** What every client is told of the server. */
  readonly instructions: string;
  /** A card's prompt, with the goal that a person gave. */
  card(card: Card, goal: string): string;
}

/** A card: who the agent is to be, and the tools that it may use. */
export interface Card extends z.infer<typeof cardSchema> {
  readonly prompt: string;
}

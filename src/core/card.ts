import * as z from 'zod';

/** The front matter of a prompt card in `agents/`. */
export const cardSchema = z.strictObject({
  name: z.string().regex(/^[a-z][a-z-]*$/),
  title: z.string(),
  description: z.string(),
  tools: z.array(z.string()).min(1).max(10),
});

/** A card: who the agent is to be, and the tools that it may use. */
export interface Card extends z.infer<typeof cardSchema> {
  readonly prompt: string;
}

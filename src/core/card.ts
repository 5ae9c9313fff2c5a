import * as z from 'zod';
import { AUTONOMY } from './autonomy.ts';

const limit = z.number().int().positive();

/** What a run under a card may use up. */
export const cardLimitsSchema = z.strictObject({
  steps: limit.default(40).describe('Turns of a model; the local runner counts them.'),
  minutes: limit.default(60).describe('Of a named run; else the time in which the other limits renew.'),
  actions: limit.default(100).describe('Actions that got past admission, dry runs not counted.'),
  risk: limit.default(2000).describe('Sum of the scores of these actions.'),
});
export type CardLimits = z.infer<typeof cardLimitsSchema>;

/** A folder by its path below each root, or a whole path; `*` is any one name. Never a way up. */
const rootPattern = z
  .string()
  .min(1)
  .refine((pattern) => !pattern.split('/').includes('..'), 'holds ..')
  .refine((pattern) => !/[[\]{}()!?\\]|\*\*/.test(pattern), 'only * stands for anything, within one name');

/** A Compose service, or a container's or unit's name; `*` is any part of one. */
const servicePattern = z.string().regex(/^[\w.@*-]+$/, 'not a name of a service');

const tools = z.array(z.string()).min(1).max(10);

/** The front matter of a prompt card in `agents/`. */
export const cardSchema = z.strictObject({
  name: z.string().regex(/^[a-z][a-z-]{0,39}$/),
  title: z.string().min(1).max(60),
  description: z.string().min(1).max(200),
  tools,
  autonomy: z.enum(AUTONOMY).default('full').describe('The most that it is given.'),
  roots: z.array(rootPattern).default(['.']),
  services: z.array(servicePattern).default([]),
  limits: cardLimitsSchema.prefault({}),
  /** Hints for whoever runs a model with it. */
  model: z
    .strictObject({
      context: limit.optional().describe('Tokens.'),
      temperature: z.number().min(0).max(2).optional(),
      max_tokens: limit.optional().describe('Of one answer.'),
    })
    .prefault({}),
});

/** What a configuration may say of a card: less of what the card has. */
export const tighteningSchema = z.strictObject({
  tools: tools.optional(),
  autonomy: z.enum(AUTONOMY).optional(),
  roots: z.array(rootPattern).optional(),
  services: z.array(servicePattern).optional(),
  limits: z
    .strictObject({
      steps: limit.optional(),
      minutes: limit.optional(),
      actions: limit.optional(),
      risk: limit.optional(),
    })
    .optional(),
});
export type Tightening = z.infer<typeof tighteningSchema>;

/** A card: who the agent is to be, and what the server lets it do. */
export interface Card extends z.infer<typeof cardSchema> {
  readonly prompt: string;
  /** A person's own, from the folder of the configuration, which counts only where a person has trusted it. */
  readonly own: boolean;
}

const both = (a?: string[], b?: string[]): string[] | undefined =>
  a === undefined || b === undefined ? (a ?? b) : a.filter((one) => b.includes(one));

const less = (a?: number, b?: number): number | undefined =>
  a === undefined || b === undefined ? (a ?? b) : Math.min(a, b);

/** What both let through; of patterns those that both name, since of others nobody knows what they share. */
export function bothTightenings(a: Tightening, b: Tightening): Tightening {
  const [x, y] = [a.limits ?? {}, b.limits ?? {}];
  return {
    tools: both(a.tools, b.tools),
    autonomy: AUTONOMY.find((level) => level === a.autonomy || level === b.autonomy),
    roots: both(a.roots, b.roots),
    services: both(a.services, b.services),
    limits: {
      steps: less(x.steps, y.steps),
      minutes: less(x.minutes, y.minutes),
      actions: less(x.actions, y.actions),
      risk: less(x.risk, y.risk),
    },
  };
}

import * as z from 'zod';
import { changeKindSchema } from '../core/effects.ts';
import { levelSchema, reversibilitySchema } from '../core/risk-schema.ts';

const examples = { match: z.array(z.string()).min(1), not_match: z.array(z.string()).min(1) };
const named = { id: z.string().regex(/^[a-z][a-z-]*$/), reason: z.string().min(10) };

const expression = z.string().refine((text) => {
  try {
    return new RegExp(text) instanceof RegExp;
  } catch {
    return false;
  }
}, 'not a regular expression');

const commandRuleSchema = z
  .strictObject({
    ...named,
    ...examples,
    level: levelSchema,
    reversibility: reversibilitySchema.optional(),
    program: z.array(z.string()).min(1).optional(),
    args: expression.optional(),
    text: expression.optional(),
    /** Which operands are written to: all, or all but the first (a script). */
    targets: z.enum(['operands', 'rest']).optional(),
    change: changeKindSchema.optional(),
    /** `text` where operands are not names of files, so that nothing is read by them. */
    operands: z.enum(['paths', 'text']).default('paths'),
    /** Every file below its operands is read; the working folder's where none is given. */
    reads: z.literal('trees').optional(),
    /** Its operands may name services, some of which the configuration protects. */
    acts_on: z.literal('services').optional(),
  })
  .refine((rule) => (rule.program === undefined) !== (rule.text === undefined), 'either program or text')
  .refine((rule) => (rule.targets === undefined) === (rule.change === undefined), 'targets and change go together');

const pathRuleSchema = z.strictObject({
  ...named,
  ...examples,
  glob: z.array(z.string()).min(1),
  except: z.array(z.string()).default([]),
  change: levelSchema,
  secret: z.boolean().default(false),
});

const circumstanceRuleSchema = z.strictObject({
  ...named,
  when: z.string(),
  decision: z.enum(['ask', 'deny']).optional(),
  level: levelSchema.optional(),
});

export const rulesSchema = z
  .strictObject({
    read_only_lines: z.array(z.string()),
    commands: z.array(commandRuleSchema),
    paths: z.array(pathRuleSchema),
    circumstances: z.array(circumstanceRuleSchema),
  })
  .refine((rules) => {
    const ids = [...rules.commands, ...rules.paths, ...rules.circumstances].map((rule) => rule.id);
    return new Set(ids).size === ids.length;
  }, 'two rules have the same id');
/** What `rules.yaml` says, checked, as JSON can hold it. */
export type RulesData = z.output<typeof rulesSchema>;

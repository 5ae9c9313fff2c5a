import * as z from 'zod';
import { levelSchema } from '../core/risk-schema.ts';

const examples = { match: z.array(z.string()).min(1), not_match: z.array(z.string()).min(1) };
const named = { id: z.string().regex(/^[a-z][a-z-]*$/), reason: z.string().min(10) };

const pathRuleSchema = z.strictObject({
  ...named,
  ...examples,
  glob: z.array(z.string()).min(1),
  except: z.array(z.string()).default([]),
  change: levelSchema,
  secret: z.boolean().default(false),
  commands_may: z.array(z.enum(['anything', 'create', 'rename', 'rebuilt', 'in_git'])).default([]),
});

const circumstanceRuleSchema = z.strictObject({
  ...named,
  when: z.string(),
  decision: z.enum(['ask', 'deny']).optional(),
  level: levelSchema.optional(),
});

const downloadRuleSchema = z.strictObject({
  ...named,
  ...examples,
  line: z.string().transform((source, ctx) => {
    try {
      return new RegExp(`^${source}$`).source;
    } catch {
      ctx.addIssue(`no regular expression: ${source}`);
      return z.NEVER;
    }
  }),
  checks: z.array(z.enum(['npm_lock', 'git_config'])).default([]),
  absent: z.array(z.string()),
});

export const rulesSchema = z
  .strictObject({
    read_only_lines: z.array(z.string()),
    downloads: z.array(downloadRuleSchema).default([]),
    paths: z.array(pathRuleSchema),
    circumstances: z.array(circumstanceRuleSchema),
  })
  .refine((rules) => {
    const ids = [...rules.downloads, ...rules.paths, ...rules.circumstances].map((rule) => rule.id);
    return new Set(ids).size === ids.length;
  }, 'two rules have the same id');
/** What `rules.yaml` says, checked, as JSON can hold it. */
export type RulesData = z.output<typeof rulesSchema>;

import * as z from 'zod';
import { outcomeSchema } from '../../core/outcome.ts';
import { levelSchema } from '../../core/risk-schema.ts';
import { defineQuery } from '../../core/tool.ts';

export const queryAudit = defineQuery({
  name: 'query_audit',
  title: 'Query the audit',
  description: 'Search the record of everything done, refused and decided, newest first.',
  toolset: 'core',
  annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false },
  input: z.object({
    agent: z.string().optional(),
    action: z.string().optional().describe('Tool name'),
    action_id: z.string().optional(),
    risk: levelSchema.optional(),
    result: outcomeSchema.optional(),
    event: z.string().optional(),
    resource: z.string().max(1000).optional().describe('As recorded, or a path: also what lies below it'),
    since: z.iso.datetime().optional(),
    until: z.iso.datetime().optional(),
    text: z.string().max(200).optional().describe('Words that must all stand in it'),
    limit: z.number().int().min(1).max(200).optional(),
    before: z.number().int().min(1).optional().describe('Cursor: next of the page before'),
  }),
  output: z.object({
    records: z.array(z.object({ hash: z.string() }).catchall(z.unknown())),
    next: z.number().int().nullable().describe('Cursor of the next page'),
  }),

  async run({ limit = 20, since, until, ...filter }, ctx) {
    const found = ctx.records.audit({
      ...filter,
      since: toMillisecond(since),
      until: toMillisecond(until),
      limit,
    });
    return {
      records: found.map(({ hash, body }) => ({ ...body, hash })),
      next: found.length === limit ? (found.at(-1)?.seq ?? null) : null,
    };
  },
});

/** Records are compared by their text, so that a time must be written as theirs are. */
const toMillisecond = (time: string | undefined): string | undefined =>
  time === undefined ? undefined : new Date(time).toISOString();

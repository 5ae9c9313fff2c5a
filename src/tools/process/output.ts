import * as z from 'zod';
import { agentName } from '../../core/principal.ts';
import { HomeostatError } from '../../core/errors.ts';
import type { OutputPage } from '../../core/processes.ts';
import { defineQuery } from '../../core/tool.ts';

const pageSchema = z.object({
  text: z.string(),
  omitted_bytes: z.number().int().describe('Before it: passed over, or not kept any more'),
  next: z.number().int().describe('Bytes; as since, what comes after'),
});

export const processOutput = defineQuery({
  name: 'process_output',
  title: 'Output of a process',
  description:
    'Show what a process of start_process has printed, the end of it unless since is given. Without id: all that run, and the last that ended.',
  toolset: 'process',
  annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false },
  input: z.object({
    id: z.string().optional(),
    stream: z.enum(['stdout', 'stderr']).optional().describe('Both unless given; since needs one'),
    tail_lines: z.number().int().min(1).max(10_000).optional(),
    since: z.number().int().min(0).optional().describe('The next of an earlier answer'),
  }),
  output: z.object({
    processes: z.array(
      z.object({
        id: z.string(),
        name: z.string(),
        agent: z.string(),
        command: z.string(),
        cwd: z.string(),
        network: z.boolean(),
        writes: z.array(z.string()),
        started_at: z.string(),
        running: z.boolean(),
        ended_at: z.string().nullable(),
        how: z
          .enum(['exited', 'stopped', 'emergency_stop', 'limit_exceeded', 'server_ended', 'interrupted'])
          .nullable(),
        exit_code: z.number().int().nullable(),
      }),
    ),
    stdout: pageSchema.nullable(),
    stderr: pageSchema.nullable(),
  }),
  async run({ id, stream, since, tail_lines }, ctx) {
    const processes = ctx.records.processes().filter((one) => id === undefined || one.id === id);
    if (since !== undefined && stream === undefined)
      throw new HomeostatError('invalid_input', 'since: name the stream that it is a place in');
    if (id === undefined) return { processes, stdout: null, stderr: null };
    const page = (of: 'stdout' | 'stderr'): OutputPage | null =>
      stream === undefined || stream === of
        ? ctx.records.processOutput(id, of, { since, tail_lines }, agentName(ctx.principal))
        : null;
    return { processes, stdout: page('stdout'), stderr: page('stderr') };
  },
});

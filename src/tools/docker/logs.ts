import * as z from 'zod';
import type { SecretsView } from '../../core/secrets.ts';
import { defineQuery } from '../../core/tool.ts';
import { timeOf } from '../time.ts';

const DEFAULT_TAIL = 200;
const MOST_LINES = 5000;
const MOST_FOLLOWED_S = 60;

export const containerLogs = defineQuery({
  name: 'container_logs',
  title: 'Read a container’s logs',
  description: 'The newest lines of a container’s log, both streams; secrets are masked.',
  toolset: 'docker',
  annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false },
  input: z.object({
    container: z.string().min(1),
    tail: z
      .number()
      .int()
      .min(0)
      .max(MOST_LINES)
      .optional()
      .describe(`Lines that are there already; ${DEFAULT_TAIL} unless told`),
    since: z.string().optional().describe('ISO time, or an age such as 10m, 2h, 3d'),
    grep: z.string().max(200).optional().describe('Only lines that hold this text, in any case'),
    timestamps: z.boolean().optional(),
    follow_seconds: z.number().int().min(1).max(MOST_FOLLOWED_S).optional().describe('Wait for new lines'),
  }),
  output: z.object({
    lines: z.array(z.string()),
    omitted_bytes: z.number().int().describe('Older text that was left out'),
  }),

  async run({ container, tail = DEFAULT_TAIL, since, grep, timestamps = false, follow_seconds = 0 }, ctx) {
    const { Id } = await ctx.engine.inspect(container);
    const follows = follow_seconds > 0;
    const { text, omitted } = await ctx.engine.logs(Id, {
      // What is looked for may lie further back.
      tail: grep === undefined || follows ? tail : MOST_LINES,
      since: since === undefined ? undefined : Math.floor(timeOf(since, Date.now()) / 1000),
      timestamps,
      maxBytes: ctx.config.limits.output_bytes * (grep === undefined ? 1 : 16),
      followMs: follow_seconds * 1000,
      signal: ctx.signal,
    });
    const wanted = grep?.toLowerCase();
    // Looked for in what is shown: whether a line is found must not tell what is masked in it.
    const lines = maskedLines(text, timestamps, ctx.secrets).filter(
      (line) => wanted === undefined || line.toLowerCase().includes(wanted),
    );
    // Of what came while it was followed nothing is left out.
    return { lines: follows ? lines : lines.slice(Math.max(0, lines.length - tail)), omitted_bytes: omitted };
  },
});

/** Masked as one text, since a key has many lines; without the engine's times, which would stand between them. */
function maskedLines(text: string, timestamps: boolean, secrets: SecretsView): string[] {
  const lines = linesOf(text);
  const at = lines.map((line) => (timestamps ? line.indexOf(' ') + 1 : 0));
  const said = lines.map((line, n) => line.slice(at[n])).join('\n');
  const masked = linesOf(secrets.part(said, 0, said.length));
  // What was several lines is one mark: nobody can say any more which time belongs to which line.
  if (masked.length !== lines.length) return masked;
  return masked.map((line, n) => `${lines[n]?.slice(0, at[n]) ?? ''}${line}`);
}

const linesOf = (text: string): string[] =>
  text.split('\n').filter((line, index, all) => line !== '' || index < all.length - 1);

import { createHash } from 'node:crypto';
import * as z from 'zod';
import { HomeostatError } from '../../core/errors.ts';
import { defineQuery } from '../../core/tool.ts';

/** Characters of a file in which secrets are sought beyond what is shown of it. */
const MOST_LOOKED_THROUGH = 1_000_000;

export const readFile = defineQuery({
  name: 'read_file',
  title: 'Read a file',
  description: 'Read a text file, whole or by lines.',
  toolset: 'core',
  annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false },
  input: z.object({
    path: z.string().min(1),
    from_line: z.number().int().min(1).optional(),
    max_lines: z.number().int().min(1).optional(),
  }),
  output: z.object({
    path: z.string(),
    content: z.string(),
    from_line: z.number().int(),
    lines: z.number().int().describe('Lines in content'),
    total_lines: z.number().int(),
    truncated: z.boolean().describe('True when more follows'),
    bytes: z.number().int(),
    sha256: z.string().nullable().describe('Null where the file holds a secret, or is too long to tell'),
  }),

  async run({ path, from_line = 1, max_lines }, ctx) {
    const target = await ctx.files.resolve(path, true);
    const bytes = await ctx.files.read(target, ctx.config.limits.file_bytes);
    if (bytes.includes(0))
      throw new HomeostatError('wrong_type', `${target} is binary (${bytes.length} bytes)`);
    const text = bytes.toString('utf8');
    const all = text.split('\n');
    // A final line break ends a line; it does not begin another.
    if (all.at(-1) === '') all.pop();
    const wanted = all.slice(from_line - 1, max_lines === undefined ? undefined : from_line - 1 + max_lines);
    const shown = withinBytes(wanted, ctx.config.limits.output_bytes);
    // Masked with what stands round it: the middle of a key looks like nothing.
    const from = all.slice(0, from_line - 1).reduce((sum, line) => sum + line.length + 1, 0);
    const content = ctx.secrets.part(text, from, from + shown.join('\n').length);
    const isPlain = text.length <= MOST_LOOKED_THROUGH && ctx.secrets.spans(text).length === 0;
    return {
      path: target,
      content,
      from_line,
      lines: shown.length,
      total_lines: all.length,
      truncated: from_line - 1 + shown.length < all.length,
      bytes: bytes.length,
      // With it the little that was masked could be guessed.
      sha256: isPlain ? createHash('sha256').update(bytes).digest('hex') : null,
    };
  },
});

/** As many whole lines as fit; a first line that is too long by itself is cut. */
function withinBytes(lines: string[], limit: number): string[] {
  let room = limit;
  const end = lines.findIndex((line) => (room -= Buffer.byteLength(line) + 1) < 0);
  if (end === 0) return [lines[0]?.slice(0, limit) ?? ''];
  return end < 0 ? lines : lines.slice(0, end);
}

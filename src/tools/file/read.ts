import { createHash } from 'node:crypto';
import * as z from 'zod';
import { HomeostatError } from '../../core/errors.ts';
import { defineQuery } from '../../core/tool.ts';

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
    sha256: z.string(),
  }),

  async run({ path, from_line = 1, max_lines }, ctx) {
    const target = await ctx.files.resolve(path, true);
    const bytes = await ctx.files.read(target, ctx.config.limits.file_bytes);
    if (bytes.includes(0))
      throw new HomeostatError('wrong_type', `${target} is binary (${bytes.length} bytes)`);
    const all = bytes.toString('utf8').split('\n');
    // A final line break ends a line; it does not begin another.
    if (all.at(-1) === '') all.pop();
    const wanted = all.slice(from_line - 1, max_lines === undefined ? undefined : from_line - 1 + max_lines);
    const shown = withinBytes(wanted, ctx.config.limits.output_bytes);
    return {
      path: target,
      content: shown.join('\n'),
      from_line,
      lines: shown.length,
      total_lines: all.length,
      truncated: from_line - 1 + shown.length < all.length,
      bytes: bytes.length,
      sha256: createHash('sha256').update(bytes).digest('hex'),
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

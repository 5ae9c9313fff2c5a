import * as z from 'zod';
import { defineQuery } from '../../core/tool.ts';

export const listFiles = defineQuery({
  name: 'list_files',
  title: 'List files',
  description: 'List a folder inside the roots, or several levels of it.',
  toolset: 'core',
  annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false },
  input: z.object({
    path: z.string().optional().describe('Default: the working folder'),
    depth: z.number().int().min(1).max(10).optional(),
    max: z.number().int().min(1).max(2000).optional(),
  }),
  output: z.object({
    path: z.string(),
    entries: z.array(
      z.object({
        path: z.string(),
        type: z.enum(['file', 'directory', 'symlink', 'other']),
        size: z.number().int().describe('Bytes; 0 for what is no file'),
      }),
    ),
    more: z.boolean().describe('True when max cut the list short'),
  }),

  async run({ path = '.', depth = 1, max = 200 }, ctx) {
    const folder = await ctx.files.resolve(path, true);
    const { entries, more } = await ctx.files.list(folder, { depth, max });
    return { path: folder, entries, more };
  },
});

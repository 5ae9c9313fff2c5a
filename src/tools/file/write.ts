import * as z from 'zod';
import { HomeostatError } from '../../core/errors.ts';
import { defineAction } from '../../core/tool.ts';
import { changeSetAction, missingFolders, stageContent, withContent } from './change-set.ts';
import { refuseMarker } from './marker.ts';
import { withPlanted } from './planted.ts';
import { shownPath } from './shown-path.ts';

export const writeFile = defineAction({
  ...changeSetAction,
  name: 'write_file',
  title: 'Write a file',
  description: 'Create or replace a text file. Missing folders are made; can be undone.',
  annotations: { readOnlyHint: false, destructiveHint: true, idempotentHint: true, openWorldHint: false },
  input: z.object({ path: z.string().min(1), content: z.string() }),

  async assess({ path }, ctx) {
    const target = await ctx.files.resolve(path, true);
    const exists = (await ctx.files.state(target)) !== null;
    return {
      summary: `${exists ? 'replace' : 'create'} ${shownPath(target, ctx.workspace.cwd)}`,
      level: 'LOW',
      reversibility: 'reversible',
      touches: [{ path: target, change: exists ? 'modify' : 'create' }],
      commands: [],
      // Two that make the same folder must not both find it missing.
      resources: [target, ...(await missingFolders(target, ctx)).map((c) => c.path)].map((p) => `file:${p}`),
      circumstances: [],
    };
  },

  async stage({ path, content }, ctx) {
    const target = await ctx.files.resolve(path, true);
    const bytes = Buffer.from(content, 'utf8');
    const limit = ctx.config.limits.file_bytes;
    if (bytes.length > limit)
      throw new HomeostatError('too_large', `content: ${bytes.length} bytes, the limit is ${limit}`);
    const before = await ctx.files.state(target, true);
    if (before !== null && before.type !== 'file')
      throw new HomeostatError('wrong_type', `${target} is a ${before.type}`);
    const old = before?.digest === undefined ? null : await ctx.files.objects.get(before.digest);
    refuseMarker(old?.toString('utf8') ?? '', content, 'content');
    const after = await withContent(bytes, before, ctx);
    if (before?.digest === after.digest) return stageContent([], ctx);
    const staged = await stageContent(
      [...(await missingFolders(target, ctx)), { path: target, before, after }],
      ctx,
    );
    return withPlanted(staged, [{ path: target, before: old?.toString('utf8') ?? '', after: content }], ctx);
  },
});

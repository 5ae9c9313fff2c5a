import * as z from 'zod';
import { HomeostatError } from '../../core/errors.ts';
import { defineAction } from '../../core/tool.ts';
import { changeSetAction, stageChanges } from './change-set.ts';
import { shownPath } from './shown-path.ts';

export const deleteFile = defineAction({
  ...changeSetAction,
  name: 'delete_file',
  title: 'Delete a file',
  description: 'Delete one file or symbolic link. Can be undone; folders are left to run_command.',
  annotations: { readOnlyHint: false, destructiveHint: true, idempotentHint: false, openWorldHint: false },
  input: z.object({ path: z.string().min(1) }),

  async assess({ path }, ctx) {
    const target = await ctx.files.resolve(path);
    return {
      summary: `delete ${shownPath(target, ctx.workspace.cwd)}`,
      level: 'MEDIUM',
      reversibility: 'reversible',
      touches: [{ path: target, change: 'delete' }],
      commands: [],
      resources: [`file:${target}`],
      circumstances: [],
    };
  },

  async stage({ path }, ctx) {
    const target = await ctx.files.resolve(path);
    const before = await ctx.files.state(target, true);
    if (before === null) throw new HomeostatError('not_found', `${target}: no such file`);
    if (before.type === 'directory')
      throw new HomeostatError('wrong_type', `${target} is a folder: use run_command with rm -r`);
    return stageChanges([{ path: target, before, after: null }], ctx);
  },
});

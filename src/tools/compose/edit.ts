import * as z from 'zod';
import { defineAction } from '../../core/tool.ts';
import { changeSetAction, stageContent, withContent } from '../file/change-set.ts';
import { shownPath } from '../file/shown-path.ts';
import { operationSchema } from './operations/schema.ts';

const input = z.object({
  path: z.string().min(1),
  operations: z.array(operationSchema).min(1).max(50),
  document: z.number().int().min(1).optional().describe('Of a file with several'),
});

export const editCompose = defineAction({
  ...changeSetAction,
  name: 'edit_compose',
  title: 'Edit a Compose file',
  description:
    'Change a Compose file by typed operations, all or none; every other byte stays. Starts and stops nothing; can be undone.',
  toolset: 'compose',
  annotations: { readOnlyHint: false, destructiveHint: true, idempotentHint: false, openWorldHint: false },
  input,

  async assess(asked, ctx) {
    const { target, gain } = await (await import('./edit/worked.ts')).worked(asked, ctx);
    const count = asked.operations.length;
    return {
      summary: `edit ${shownPath(target, ctx.workspace.cwd)}: ${count === 1 ? (asked.operations[0]?.op ?? '') : `${count} operations`}`,
      level: 'LOW',
      reversibility: 'reversible',
      touches: [{ path: target, change: 'modify' }],
      commands: [],
      resources: [`file:${target}`],
      circumstances: gain.circumstances,
    };
  },

  async stage(asked, ctx) {
    const { target, draft, gain } = await (await import('./edit/worked.ts')).worked(asked, ctx);
    const before = await ctx.files.state(target, true);
    const after = await withContent(Buffer.from(draft.source.text, 'utf8'), before, ctx);
    const staged = await stageContent(
      before?.digest === after.digest ? [] : [{ path: target, before, after }],
      ctx,
    );
    const note = [...new Set([...gain.what, ...draft.notes]), staged.effects.note].join('. ');
    const circumstances = [...staged.circumstances, ...gain.circumstances];
    return { ...staged, circumstances, effects: { ...staged.effects, note } };
  },
});

import * as z from 'zod';
import type { ActionContext } from '../../core/context.ts';
import { defineAction } from '../../core/tool.ts';
import { changeSetAction, stageContent } from '../file/change-set.ts';
import { shownPath } from '../file/shown-path.ts';
import { variablesSchema } from './deploy/asked.ts';
import type { Edited } from './deploy/edits.ts';
import { operationSchema } from './operations/schema.ts';

const input = z.object({
  path: z.string().min(1),
  operations: z.array(operationSchema).min(1).max(50).optional(),
  document: z.number().int().min(1).optional().describe('Of a file with several'),
  variables: variablesSchema.optional().describe('Instead, of an env file; null: taken out'),
});
type Input = z.infer<typeof input>;

/** The one file as it would be; nothing is written. */
const edited = async (asked: Input, ctx: ActionContext): Promise<Edited> =>
  (await import('./deploy/edits.ts')).editedFiles([asked], ctx);

export const editCompose = defineAction({
  ...changeSetAction,
  name: 'edit_compose',
  title: 'Edit a Compose file',
  description:
    'Change a Compose file by typed operations, or an env file by its variables; all other bytes stay. All or none; starts and stops nothing; can be undone.',
  toolset: 'compose',
  annotations: { readOnlyHint: false, destructiveHint: true, idempotentHint: false, openWorldHint: false },
  input,

  async assess(asked, ctx) {
    const { changes, circumstances } = await edited(asked, ctx);
    const target = await ctx.files.resolve(asked.path, true);
    const names = Object.keys(asked.variables ?? {});
    const ops = asked.operations?.map(({ op }) => op) ?? names.map((name) => `variable ${name}`);
    const kind = changes[0]?.before === null ? 'create' : 'modify';
    return {
      summary: `edit ${shownPath(target, ctx.workspace.cwd)}: ${ops.length === 1 ? ops.join('') : `${ops.length} operations`}`,
      level: 'LOW',
      reversibility: 'reversible',
      touches: [{ path: target, change: kind }],
      commands: [],
      resources: [`file:${target}`],
      circumstances,
    };
  },

  async stage(asked, ctx) {
    const { changes, circumstances, notes } = await edited(asked, ctx);
    const staged = await stageContent([...changes], ctx);
    const { effectsOfEdits } = await import('./deploy/edits.ts');
    const note = [...new Set(notes), staged.effects.note].join(' ');
    return {
      ...staged,
      circumstances: [...staged.circumstances, ...circumstances],
      effects: { ...staged.effects, ...(await effectsOfEdits(changes, ctx)), note },
    };
  },
});

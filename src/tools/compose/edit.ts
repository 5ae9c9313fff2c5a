import * as z from 'zod';
import type { ActionContext } from '../../core/context.ts';
import { HomeostatError } from '../../core/errors.ts';
import { defineAction } from '../../core/tool.ts';
import { changeSetAction, stageContent, withContent } from '../file/change-set.ts';
import { refuseMarker } from '../file/marker.ts';
import { shownPath } from '../file/shown-path.ts';
import { decode } from './document/source.ts';
import { type Draft, changed, openDraft } from './edit/apply.ts';
import { gainedBy } from './edit/gained.ts';
import { compile } from './operations/compile.ts';
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
    const { target, gain } = await worked(asked, ctx);
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
    const { target, draft, gain } = await worked(asked, ctx);
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

/** The file as all operations would leave it; nothing is written. */
async function worked(
  { path, operations, document }: z.infer<typeof input>,
  ctx: ActionContext,
): Promise<{ target: string; draft: Draft; gain: Awaited<ReturnType<typeof gainedBy>> }> {
  const target = await ctx.files.resolve(path, true);
  if (ctx.isSecret(target)) throw new HomeostatError('secret_path', `${target} is protected as a secret`);
  const before = decode(await ctx.files.read(target, ctx.config.limits.file_bytes), target);
  const opened = openDraft(before, target, document);
  let draft = opened;
  for (const operation of operations)
    for (const primitive of compile(operation, draft.tree)) draft = changed(draft, primitive);
  refuseMarker(before, draft.source.text, 'operations');
  return { target, draft, gain: await gainedBy(opened.source, draft.source, target, ctx) };
}

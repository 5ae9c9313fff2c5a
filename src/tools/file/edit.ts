import * as z from 'zod';
import type { ActionContext } from '../../core/context.ts';
import { HomeostatError } from '../../core/errors.ts';
import { defineAction } from '../../core/tool.ts';
import { changeSetAction, stageContent, withContent } from './change-set.ts';
import { refuseMarker } from './marker.ts';
import { withPlanted } from './planted.ts';
import { shownPath } from './shown-path.ts';

const edit = z.strictObject({
  old_text: z.string().min(1),
  new_text: z.string(),
  replace_all: z.boolean().optional(),
});

export const editFile = defineAction({
  ...changeSetAction,
  name: 'edit_file',
  title: 'Edit a file',
  description:
    'Replace exact texts in a file, all or none. Each old_text must be unique unless replace_all; can be undone.',
  annotations: { readOnlyHint: false, destructiveHint: true, idempotentHint: false, openWorldHint: false },
  input: z.object({ path: z.string().min(1), edits: z.array(edit).min(1).max(100) }),

  async assess({ path, edits }, ctx) {
    const target = await ctx.files.resolve(path, true);
    // Whether a text matches would tell, guess by guess, what the file holds.
    if (ctx.isSecret(target)) throw new HomeostatError('secret_path', `${target} is protected as a secret`);
    return {
      summary: `edit ${shownPath(target, ctx.workspace.cwd)} in ${edits.length} place${edits.length === 1 ? '' : 's'}`,
      level: 'LOW',
      reversibility: 'reversible',
      touches: [{ path: target, change: 'modify' }],
      commands: [],
      resources: [`file:${target}`],
      circumstances: [],
    };
  },

  async stage({ path, edits }, ctx) {
    const target = await ctx.files.resolve(path, true);
    const content = await ctx.files.read(target, ctx.config.limits.file_bytes);
    const text = content.toString('utf8');
    edits.forEach(({ old_text, new_text }, index) =>
      refuseMarker(old_text, new_text, `edits.${index}.new_text`),
    );
    if (!Buffer.from(text, 'utf8').equals(content))
      throw new HomeostatError('wrong_type', `${target} is not UTF-8 text`);
    const edited = Buffer.from(
      edits.reduce((now, one, index) => replace(now, one, index, ctx), text),
      'utf8',
    );
    const before = await ctx.files.state(target, true);
    const after = await withContent(edited, before, ctx);
    const staged = await stageContent(
      before?.digest === after.digest ? [] : [{ path: target, before, after }],
      ctx,
    );
    return withPlanted(staged, [{ path: target, before: text, after: edited.toString('utf8') }], ctx);
  },
});

function replace(
  text: string,
  { old_text, new_text, replace_all }: z.infer<typeof edit>,
  index: number,
  ctx: ActionContext,
): string {
  const limit = ctx.config.limits.file_bytes;
  const parts = text.split(old_text);
  // Whether a part of a secret matches would tell the whole of it, guess by guess.
  if (parts.length === 1 || cutsSecret(text, old_text, ctx))
    throw new HomeostatError('match_not_found', `edits.${index}.old_text does not occur`);
  if (parts.length > 2 && replace_all !== true) {
    throw new HomeostatError('match_not_unique', `edits.${index}.old_text occurs ${parts.length - 1} times`);
  }
  // Reckoned before it is built: edit upon edit could multiply a text past what any process can hold.
  const length = text.length + (parts.length - 1) * (new_text.length - old_text.length);
  if (length > limit)
    throw new HomeostatError(
      'too_large',
      `edits.${index} would make ${length} characters, the limit is ${limit}`,
    );
  return parts.join(new_text);
}

/** Whether a place where it stands begins or ends in a secret, or lies in one. */
function cutsSecret(text: string, old: string, ctx: ActionContext): boolean {
  const spans = ctx.secrets.spans(text);
  for (let at = text.indexOf(old); at >= 0 && spans.length > 0; at = text.indexOf(old, at + old.length)) {
    const end = at + old.length;
    if (spans.some((span) => span.start < end && span.end > at)) return true;
  }
  return false;
}

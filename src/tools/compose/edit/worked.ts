import type { ActionContext } from '../../../core/context.ts';
import { HomeostatError } from '../../../core/errors.ts';
import { refuseMarker } from '../../file/marker.ts';
import { decode } from '../document/source.ts';
import { compile } from '../operations/compile.ts';
import type { Operation } from '../operations/schema.ts';
import { type Draft, changed, openDraft } from './apply.ts';
import { gainedBy } from './gained.ts';

interface Asked {
  readonly path: string;
  readonly operations: readonly Operation[];
  /** Of a file with several, counted from one. */
  readonly document?: number | undefined;
}

/** The file as all operations would leave it; nothing is written. */
export async function worked(
  { path, operations, document }: Asked,
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

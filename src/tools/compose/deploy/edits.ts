import * as z from 'zod';
import { composeSettings, parseEnvFile } from '../../../core/env-file.ts';
import type { ActionContext } from '../../../core/context.ts';
import { type Change, type Effects, type FileState, changeKind } from '../../../core/effects.ts';
import { HomeostatError } from '../../../core/errors.ts';
import { effectsOf, withContent } from '../../file/change-set.ts';
import { refuseMarker } from '../../file/marker.ts';
import { shownPath } from '../../file/shown-path.ts';
import type { Edit } from './asked.ts';
import { withVariables } from '../edit/env-file.ts';
import { worked as composeEdited } from '../edit/worked.ts';
import { operationSchema } from '../operations/schema.ts';

/** An edit whose operations are checked here, whatever was checked before. */
type Wish = Omit<Edit, 'operations'> & { readonly operations?: readonly unknown[] | undefined };

/** Files as a deploy would leave them, and what their change gives containers; nothing is written. */
export interface Edited {
  readonly changes: readonly Change[];
  readonly circumstances: readonly string[];
  readonly notes: readonly string[];
  /** The same context, in which the files are what they would be. */
  readonly ctx: ActionContext;
}

export async function editedFiles(edits: readonly Wish[], ctx: ActionContext): Promise<Edited> {
  const contents = new Map<string, Buffer>();
  const [circumstances, notes]: [string[], string[]] = [[], []];
  const changes: Change[] = [];
  for (const edit of edits) {
    const path = await ctx.files.resolve(edit.path, true);
    if (contents.has(path))
      throw new HomeostatError('invalid_input', `edits: ${edit.path} is named twice; put all of it into one`);
    const { text, ...gain } = await newText(edit, path, ctx);
    const content = Buffer.from(text, 'utf8');
    contents.set(path, content);
    circumstances.push(...gain.circumstances);
    notes.push(...gain.notes);
    const before = await ctx.files.state(path, true);
    const after = await withContent(content, before, ctx);
    // Whether a file of secrets holds that already is not told: a value could be guessed by it.
    if (before?.digest === after.digest && !ctx.isSecret(path)) continue;
    // A new file of variables is nobody else's to read.
    const own: FileState = before === null && ctx.isSecret(path) ? { ...after, mode: 0o600 } : after;
    changes.push({ path, before, after: own });
  }
  return { changes, circumstances, notes, ctx: changes.length === 0 ? ctx : over(ctx, changes, contents) };
}

async function newText(
  { operations, variables, document, path: named }: Wish,
  path: string,
  ctx: ActionContext,
): Promise<{ text: string; circumstances: readonly string[]; notes: readonly string[] }> {
  if ((operations === undefined) === (variables === undefined))
    throw new HomeostatError('invalid_input', `${named}: either operations or variables`);
  if (variables !== undefined) {
    refuseMarker('', Object.values(variables).join('\n'), 'edits.variables');
    const there = (await ctx.files.state(path)) !== null;
    const before = there ? await ctx.files.read(path, ctx.config.limits.file_bytes) : Buffer.alloc(0);
    const text = before.toString('utf8');
    if (!Buffer.from(text, 'utf8').equals(before))
      throw new HomeostatError('wrong_type', `${named} is not UTF-8 text`);
    return { text: withVariables(text, variables), circumstances: [], notes: [] };
  }
  const parsed = z.array(operationSchema).safeParse(operations);
  if (!parsed.success)
    throw new HomeostatError('invalid_input', `edits: ${named}: ${z.prettifyError(parsed.error)}`);
  const { draft, gain } = await composeEdited({ path, operations: parsed.data, document }, ctx);
  return {
    text: draft.source.text,
    circumstances: gain.circumstances,
    notes: [...gain.what, ...draft.notes].map((note) => `${shownPath(path, ctx.workspace.cwd)}: ${note}.`),
  };
}

/** Shows files as they will be, so that what is worked out from them is what comes. */
function over(
  ctx: ActionContext,
  changes: readonly Change[],
  contents: ReadonlyMap<string, Buffer>,
): ActionContext {
  const states = new Map(changes.map(({ path, after }) => [path, after]));
  return {
    ...ctx,
    files: {
      ...ctx.files,
      state: async (path, keep) => states.get(path) ?? ctx.files.state(path, keep),
      read: async (path, most) => contents.get(path) ?? ctx.files.read(path, most),
    },
    composeSettings: async (path) => {
      const content = contents.get(path);
      return content === undefined ? ctx.composeSettings(path) : composeSettings(content.toString('utf8'));
    },
    async variableNames(path) {
      const content = contents.get(path);
      if (content === undefined) return ctx.variableNames(path);
      return new Map([...parseEnvFile(content.toString('utf8'))].map(([name, { line }]) => [name, line]));
    },
  };
}

/** The changes as they are shown. Of a file of secrets neither sizes nor digests are, by which a value could be guessed. */
export async function effectsOfEdits(
  changes: readonly Change[],
  ctx: ActionContext,
): Promise<Pick<Effects, 'changes' | 'diff'>> {
  const shown = await effectsOf({ changes: changes.filter(({ path }) => !ctx.isSecret(path)) }, ctx);
  const hidden = changes.filter(({ path }) => ctx.isSecret(path));
  return {
    changes: [
      ...shown.changes,
      ...hidden.map((change) => ({ path: change.path, change: changeKind(change), bytes: 0, was: 0 })),
    ],
    diff: `${shown.diff}${hidden.map(({ path }) => `${shownPath(path, ctx.workspace.cwd)}: not shown\n`).join('')}`,
  };
}

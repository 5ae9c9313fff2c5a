import { join } from 'node:path';
import * as z from 'zod';
import type { ActionContext } from '../../core/context.ts';
import { type Change, changeSchema } from '../../core/effects.ts';
import { HomeostatError } from '../../core/errors.ts';
import type { Manifest } from '../../core/host.ts';
import { isInside } from '../../core/inside.ts';
import { changesSince, listingOf, manifestsOf, objectOf } from '../command/tree-snapshot.ts';
import { missingFolders } from '../file/change-set.ts';

/** What is kept of the folders that a process writes to, before it runs. */
export const keptSchema = z.object({
  /** A folder's manifest object; of one that is not there, its own when it has been made. */
  manifests: z.record(z.string(), z.string()),
  /** Folders that have to be made for it. */
  made: z.array(changeSchema),
});
export type Kept = z.infer<typeof keptSchema>;

interface Looked {
  readonly kept: Kept;
  /** What rules speak of: it stays as it is. */
  readonly closed: string[];
  /** False where some paths cannot be put back. */
  readonly complete: boolean;
  /** Whether a file has other names, which change with it. */
  readonly shared: boolean;
}

/** More are a sign that the folder is not the narrow one that it should be. */
const MOST_CLOSED = 100;

/** The real paths of the folders, none in another. Throws where one is no folder, or is protected itself. */
export async function foldersOf(paths: readonly string[], ctx: ActionContext): Promise<string[]> {
  const found = new Set<string>();
  for (const path of paths) {
    const folder = await ctx.files.resolve(path, true);
    const type = (await ctx.files.state(folder))?.type ?? 'directory';
    if (type !== 'directory') throw new HomeostatError('wrong_type', `writes: ${folder} is a ${type}`);
    if (ctx.isNotable(folder))
      throw new HomeostatError('denied_by_policy', `writes: ${folder} is protected; no process writes to it`);
    found.add(folder);
  }
  const inner = (path: string): boolean => [...found].some((f) => f !== path && isInside(path, f));
  return [...found].filter((path) => !inner(path)).toSorted();
}

/** Keeps what stands in the folders, and finds what of it a process may not have. */
export async function lookAt(folders: readonly string[], ctx: ActionContext): Promise<Looked> {
  const there: string[] = [];
  const made = new Map<string, Change>();
  for (const folder of folders) {
    if ((await ctx.files.state(folder)) !== null) there.push(folder);
    else
      for (const change of await missingFolders(join(folder, 'anything'), ctx)) made.set(change.path, change);
  }
  const taken = await manifestsOf(ctx, ctx.signal, there);
  if (taken === null)
    throw new HomeostatError('too_large', `writes: ${there.join(', ')}: too large for a snapshot`, {
      next: 'Name narrower folders, or ask a person to raise limits.snapshot_files or snapshot_bytes.',
    });
  const below = (await Promise.all(Object.values(taken.manifests).map(async (m) => pathsIn(m, ctx)))).flat();
  const closed: string[] = [];
  let shared = false;
  for (const { path, type } of below) {
    if (closed.some((folder) => isInside(path, folder))) continue;
    if (ctx.isNotable(path)) closed.push(close(path, type));
    else shared ||= type === 'file' && (await ctx.files.hasOtherNames(path));
  }
  if (closed.length > MOST_CLOSED)
    throw new HomeostatError('too_large', `writes: over ${MOST_CLOSED} protected paths lie there`, {
      next: 'Name narrower folders.',
    });
  return {
    kept: { manifests: taken.manifests, made: [...made.values()] },
    closed,
    complete: taken.complete,
    shared,
  };
}

/** What is bound over a link lies over its target instead, so that the link itself could be changed. */
function close(path: string, type: string): string {
  if (type !== 'symlink') return path;
  throw new HomeostatError('wrong_type', `writes: ${path} is protected and a link, which cannot be held`, {
    next: 'Name narrower folders.',
  });
}

/** Makes the folders that are missing, and keeps them as they are: empty. */
export async function makeFolders(
  { manifests, made }: Kept,
  folders: readonly string[],
  ctx: ActionContext,
): Promise<Kept> {
  if (made.length === 0) return { manifests, made };
  await ctx.transactions.restore({ changes: made });
  const fresh = folders.filter((folder) => manifests[folder] === undefined);
  const taken = await manifestsOf(ctx, ctx.signal, fresh);
  const after = async (change: Change): Promise<Change> => ({
    ...change,
    after: await ctx.files.state(change.path),
  });
  return {
    manifests: { ...manifests, ...taken?.manifests },
    made: await Promise.all(made.map(after)),
  };
}

/** What is another now than was kept. */
export async function changedSince({ manifests, made }: Kept, ctx: ActionContext): Promise<Change[]> {
  const standing: Change[] = [];
  for (const change of made) {
    const after = await ctx.files.state(change.path);
    if (after !== null) standing.push({ ...change, after });
  }
  const there: Record<string, string> = {};
  for (const [folder, manifest] of Object.entries(manifests))
    if ((await ctx.files.state(folder))?.type === 'directory') there[folder] = manifest;
  const below = Object.keys(there).length === 0 ? [] : await changesSince(there, ctx);
  if (below === null) throw new HomeostatError('too_large', 'it has grown too large for a snapshot');
  return [...standing, ...below];
}

/**
 * The changes without those that other actions made meanwhile, and without the folders made for the process that hold
 * such: an undo leaves them alone.
 */
export function withoutOthers(changes: readonly Change[], others: readonly string[]): Change[] {
  const theirs = (path: string): boolean => others.some((other) => isInside(path, other));
  const holds = ({ path, before }: Change): boolean =>
    before === null && others.some((other) => isInside(other, path));
  return changes.filter((change) => !theirs(change.path) && !holds(change));
}

async function pathsIn(manifest: string, ctx: ActionContext): Promise<{ path: string; type: string }[]> {
  const { root, folders } = (await objectOf(manifest, ctx)) as Manifest;
  const found: { path: string; type: string }[] = [];
  for (const [folder, listing] of folders)
    for (const [name, { type }] of await listingOf(listing, ctx))
      found.push({ path: join(root, folder, name), type });
  return found.toSorted((a, b) => a.path.length - b.path.length);
}

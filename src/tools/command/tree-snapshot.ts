import { basename, dirname, join, relative } from 'node:path';
import type { ActionContext } from '../../core/context.ts';
import type { Change, FileState } from '../../core/effects.ts';
import { HomeostatError } from '../../core/errors.ts';
import { type Listing, MANIFEST, type Manifest, difference } from '../../core/host.ts';

/** The look after a command must happen even when the command was cancelled. */
const AFTER_MS = 120_000;

interface TreeSnapshot {
  readonly manifests: Record<string, string>;
  /** False where some paths cannot be put back. */
  readonly complete: boolean;
  /** What the snapshot saw of a path. */
  readonly seen: (path: string) => Promise<FileState | undefined>;
}

/**
 * A snapshot of every root, or of folders in them: the name of a manifest object for each. Null where a root is over its limit.
 */
export async function manifestsOf(
  ctx: ActionContext,
  signal: AbortSignal,
  roots: readonly string[] = ctx.workspace.roots,
): Promise<TreeSnapshot | null> {
  const manifests: Record<string, string> = {};
  const scanned: Manifest[] = [];
  let complete = true;
  for (const root of roots) {
    ctx.progress(`taking a snapshot of ${root}`);
    const manifest = await scan(root, ctx, signal);
    if (manifest === null) return null;
    complete &&= manifest.skipped.length === 0;
    scanned.push(manifest);
    manifests[root] = MANIFEST + (await ctx.files.objects.put(Buffer.from(JSON.stringify(manifest))));
  }
  const seen = async (path: string): Promise<FileState | undefined> => {
    for (const { root, folders } of scanned) {
      const place = relative(root, dirname(path));
      const listed = folders.find(([folder]) => folder === place)?.[1];
      const state = new Map(await listingOf(listed, ctx)).get(basename(path));
      if (state !== undefined) return state;
    }
    return undefined;
  };
  return { manifests, complete, seen };
}

/** What has changed in the roots since their manifests, parents before children; null where it cannot be told. */
export async function changesSince(
  manifests: Record<string, string>,
  ctx: ActionContext,
): Promise<Change[] | null> {
  if (Object.keys(manifests).length === 0) return null;
  const changes: Change[] = [];
  for (const [root, name] of Object.entries(manifests)) {
    const before = (await objectOf(name, ctx)) as Manifest;
    const after = await scan(root, ctx, AbortSignal.timeout(AFTER_MS));
    if (after === null) return null;
    const [then, now] = [new Map(before.folders), new Map(after.folders)];
    for (const folder of new Set([...then.keys(), ...now.keys()])) {
      const [was, is] = [then.get(folder), now.get(folder)];
      if (was === is) continue;
      changes.push(...difference(join(root, folder), await listingOf(was, ctx), await listingOf(is, ctx)));
    }
  }
  return changes.toSorted((a, b) => (a.path < b.path ? -1 : 1));
}

export const objectOf = async (name: string, ctx: ActionContext): Promise<unknown> =>
  JSON.parse((await ctx.files.objects.get(name.slice(MANIFEST.length))).toString('utf8'));

export const listingOf = async (name: string | undefined, ctx: ActionContext): Promise<Listing> =>
  name === undefined ? [] : ((await objectOf(name, ctx)) as Listing);

async function scan(root: string, ctx: ActionContext, signal: AbortSignal): Promise<Manifest | null> {
  try {
    return await ctx.files.scan(root, signal);
  } catch (error) {
    if (error instanceof HomeostatError && error.code === 'too_large') return null;
    throw error;
  }
}

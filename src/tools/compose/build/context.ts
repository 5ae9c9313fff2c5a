import { createHash } from 'node:crypto';
import { relative } from 'node:path';
import type { FileState } from '../../../core/effects.ts';
import type { ActionContext } from '../../../core/context.ts';
import { HomeostatError } from '../../../core/errors.ts';
import { type Listing, MANIFEST } from '../../../core/host.ts';
import { withContent } from '../../file/change-set.ts';
import { recipeOf, type Recipe } from './dockerfile.ts';
import { ignoring } from './ignore.ts';
import type { BuildSpec } from './spec.ts';

/** What is built, to the byte: it is kept, so that nothing that is put into the folder later is. */
export interface Context {
  /** The object that lists it, after `MANIFEST`. */
  readonly listing: string;
  /** The same for the same files, whatever their times and owners. */
  readonly digest: string;
  readonly files: number;
  readonly bytes: number;
  /** Files of secrets that are left out. */
  readonly left: number;
  /** The Dockerfile's path in it. */
  readonly dockerfile: string;
  readonly recipe: Recipe;
}

const IGNORE = '.dockerignore';
/** Where a Dockerfile goes that does not lie in the folder. */
const OWN = '.homeostat.dockerfile';

/** Reads a build's folder as Docker's client would send it, but for files of secrets, and keeps what it holds. */
export async function contextOf(spec: BuildSpec, ctx: ActionContext): Promise<Context> {
  const folder = await ctx.files.resolve(spec.folder, true);
  const { found, left, bytes } = await filesIn(folder, ctx);
  const text = await dockerfileOf(spec, ctx);
  const inside = spec.dockerfile === null ? null : await insideOf(spec.dockerfile, folder, ctx);
  const dockerfile = inside ?? OWN;
  if (!found.has(dockerfile)) {
    found.set(dockerfile, await withContent(Buffer.from(text, 'utf8'), null, ctx));
    if (inside === null) await hide(found, ctx);
  }
  const listing = [...found].toSorted(([a], [b]) => (a < b ? -1 : 1));
  const object = await ctx.files.objects.put(Buffer.from(JSON.stringify(listing satisfies Listing), 'utf8'));
  const told = listing.map(([name, { type, mode, digest, target }]) => [name, type, mode, digest, target]);
  const { args, target, network } = spec;
  return {
    listing: MANIFEST + object,
    digest: createHash('sha256')
      .update(
        JSON.stringify([
          told,
          dockerfile,
          Object.entries(args).toSorted(([a], [b]) => (a < b ? -1 : 1)),
          target,
          network,
        ]),
      )
      .digest('hex'),
    files: listing.length,
    bytes,
    left,
    dockerfile,
    recipe: recipeOf(text, args),
  };
}

async function filesIn(
  folder: string,
  ctx: ActionContext,
): Promise<{ found: Map<string, FileState>; left: number; bytes: number }> {
  const { snapshot_files: most, snapshot_bytes: mostBytes } = ctx.config.limits;
  const rules = ignoring(await textOf(`${folder}/${IGNORE}`, ctx));
  const found = new Map<string, FileState>();
  let [left, bytes] = [0, 0];
  const ahead = [folder];
  for (let at = ahead.pop(); at !== undefined; at = ahead.pop()) {
    ctx.signal.throwIfAborted();
    const { entries, more } = await ctx.files.list(at, { depth: 1, max: most });
    for (const { path, type } of entries) {
      const name = relative(folder, path);
      const isOut = name !== IGNORE && rules.ignores(name);
      if (type === 'directory' && (!isOut || rules.hasExceptions)) ahead.push(path);
      if (isOut || type === 'other') continue;
      if (ctx.isSecret(path)) {
        left += 1;
        continue;
      }
      const state = await ctx.files.state(path, true);
      if (state === null) continue;
      found.set(name, state);
      bytes += state.size;
    }
    if (more || found.size > most || bytes > mostBytes)
      throw new HomeostatError(
        'too_large',
        `${folder} has over ${most} entries or ${mostBytes} bytes to build of`,
        {
          next: 'List in its .dockerignore what the image does not need.',
        },
      );
  }
  return { found, left, bytes };
}

async function textOf(path: string, ctx: ActionContext): Promise<string> {
  if ((await ctx.files.state(path)) === null) return '';
  return (await ctx.files.read(path, ctx.config.limits.file_bytes)).toString('utf8');
}

async function dockerfileOf({ dockerfile, inline }: BuildSpec, ctx: ActionContext): Promise<string> {
  if (dockerfile === null) return inline ?? '';
  const path = await ctx.files.resolve(dockerfile, true);
  if (ctx.isSecret(path)) throw new HomeostatError('secret_path', `${path} is protected as a secret`);
  return (await ctx.files.read(path, ctx.config.limits.file_bytes)).toString('utf8');
}

async function insideOf(dockerfile: string, folder: string, ctx: ActionContext): Promise<string | null> {
  const name = relative(folder, await ctx.files.resolve(dockerfile, true));
  return name.startsWith('..') ? null : name;
}

/** A Dockerfile from elsewhere is not a file of the folder: nothing that copies the folder copies it. */
async function hide(found: Map<string, FileState>, ctx: ActionContext): Promise<void> {
  const there = found.get(IGNORE);
  const before =
    there?.digest === undefined ? '' : (await ctx.files.objects.get(there.digest)).toString('utf8');
  const own = there === undefined ? `${OWN}\n${IGNORE}\n` : `${before}\n${OWN}\n`;
  found.set(IGNORE, await withContent(Buffer.from(own, 'utf8'), null, ctx));
}

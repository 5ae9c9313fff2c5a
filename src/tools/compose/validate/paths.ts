import { type Engine, isHere } from '../../../core/engine.ts';
import { HomeostatError } from '../../../core/errors.ts';
import { type Value, itemsOf, valueAt, isHidden } from '../document/value.ts';
import { mountOf } from '../document/volumes.ts';
import { type Finding, finding } from '../resolve/problem.ts';
import { type Project, servicesOf } from '../resolve/project.ts';
import { type Looking, under } from '../resolve/reading.ts';

/** With the engine that is to mount what the files name. */
export type OnEngine = Looking & { readonly engine: Pick<Engine, 'address'> };

/** Folders and files that the project names: whether they are there, and whether they hold secrets. */
export async function checkPaths({ root, baseOf }: Project, ctx: OnEngine): Promise<Finding[]> {
  const found: Finding[] = [];
  for (const [service, { value }] of servicesOf(root)) {
    for (const item of itemsOf(valueAt(value, ['volumes']))) {
      const mount = mountOf(item);
      if (mount?.type !== 'bind' || !isKnown(mount.source, item)) continue;
      const path = under(baseOf(item.place.file), mount.source);
      const there = await isThere(path, ctx);
      if (there === false && isHere(ctx.engine))
        found.push(
          finding(
            'bind_missing',
            'warning',
            item.place,
            `${service}: ${mount.source} does not exist; the engine makes an empty folder of root's in its place.`,
            [{ op: 'remove_volume', service, name: mount.target }],
          ),
        );
      if (there === true && (await isSecret(path, ctx)))
        found.push(
          finding(
            'bind_protected',
            'warning',
            item.place,
            `${service}: ${mount.source} holds secrets, which the container then reads.`,
            [{ op: 'remove_volume', service, name: mount.target }],
          ),
        );
    }
  }
  return found;
}

/** Whether a path says where it leads: neither a hidden variable nor somebody's home is looked into. */
const isKnown = (source: string, item: Value): boolean =>
  source !== '' && !source.startsWith('~') && !isHidden(item);

/** Null outside the roots, where nothing is looked at. */
async function isThere(path: string, ctx: Looking): Promise<boolean | null> {
  try {
    const target = await ctx.files.resolve(path, true);
    return (await ctx.files.state(target)) !== null;
  } catch (error) {
    if (!(error instanceof HomeostatError)) throw error;
    return error.code === 'not_found' ? false : null;
  }
}

async function isSecret(path: string, ctx: Looking): Promise<boolean> {
  return ctx.isSecret(await ctx.files.resolve(path, true));
}

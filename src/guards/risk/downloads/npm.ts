import { join } from 'node:path';
import type { CommandContext } from '../context.ts';

const MOST_BYTES = 16 * 1024 * 1024;
const REGISTRY = /^https:\/\/registry\.npmjs\.org\/[\w@%./+-]+$/;
/** A range of versions or a tag, of the package itself or of another of the registry; no address, no folder, no file. */
const RANGE = /^(npm:(@[\w.-]+\/)?[\w.-]+(@|$))?[\w.\-+~^<>=|*, ]*$/;

/** Keys below which all that is text says which package is wanted. */
const WANTED =
  /^(dependencies|devDependencies|optionalDependencies|peerDependencies|bundleDependencies|overrides|resolutions|requires)$/;

/** Whether `npm ci` in the innermost of the folders takes every package from the public registry. */
export function isPublicLock([folder = '', ...above]: readonly string[], ctx: CommandContext): boolean {
  const [own, lock] = ['package.json', 'package-lock.json'].map((name) => parsed(join(folder, name), ctx));
  if (!isRecord(own) || !isRecord(lock) || 'workspaces' in own || 'packageManager' in own) return false;
  // A package above may be one of which this is a part, and npm would go by that one's files.
  if (above.some((one) => ctx.facts(join(one, 'package.json')).type !== 'missing')) return false;
  const version = lock['lockfileVersion'];
  return (version === 2 || version === 3) && isPublic(own, false) && isPublic(lock, false);
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function parsed(path: string, ctx: CommandContext): unknown {
  if (ctx.facts(path).type !== 'file') return null;
  try {
    return JSON.parse(ctx.text(path, MOST_BYTES) ?? 'null');
  } catch {
    return null;
  }
}

/** Whether no address but the registry's stands where npm would look for one. */
function isPublic(value: unknown, wanted: boolean): boolean {
  if (Array.isArray(value)) return value.every((one) => isPublic(one, wanted));
  if (!isRecord(value)) return !wanted || typeof value !== 'string' || RANGE.test(value);
  return Object.entries(value).every(([key, inner]) => {
    if (key === 'resolved') return typeof inner === 'string' && REGISTRY.test(inner);
    if (key === 'link' || key === 'inBundle') return key === 'inBundle' && inner === true;
    if (key === 'version') return typeof inner !== 'string' || RANGE.test(inner);
    if (key === 'integrity') return typeof inner === 'string';
    if (key === 'packages')
      return isRecord(inner) && Object.keys(inner).every(isPlace) && isPublic(inner, false);
    return isPublic(inner, wanted || WANTED.test(key));
  });
}

/** Whether a package of a lock file lies in node_modules, and not in a folder of the project's own. */
const isPlace = (place: string): boolean =>
  place === '' || (place.startsWith('node_modules/') && !place.split('/').includes('..'));

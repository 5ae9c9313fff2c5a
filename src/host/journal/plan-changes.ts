import { closeSync, constants, lstatSync, mkdirSync, openSync, symlinkSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Change, ChangeSet, FileState } from '../../core/effects.ts';
import { HomeostatError } from '../../core/errors.ts';
import type { Objects } from '../../core/host.ts';
import { type Part, type Plan, type Print, type Step, folderOf } from '../../core/plan.ts';
import { dress } from './dress.ts';
import { bytesOf, parentOf, textOf } from './folders.ts';
import { Place, inodeOfRoot } from './place.ts';
import { belowDigest, printOf } from './print.ts';

export interface Planning {
  readonly action: string;
  readonly roots: readonly string[];
  readonly storeOf: (root: string) => string;
  readonly objects: Objects;
}

const deepestFirst = (a: Change, b: Change): number => (a.path < b.path ? 1 : -1);
const shallowFirst = (a: Change, b: Change): number => (a.path < b.path ? -1 : 1);

/**
 * A change set as a plan: each new content lies beside its place, made from its object. What stands there now is taken
 * for `before`; whoever commits checks afterwards that this is what the change set was worked out from.
 */
export async function planChanges(set: ChangeSet, planning: Planning): Promise<Plan> {
  const parts: Part[] = [];
  for (const [index, root] of planning.roots.entries()) {
    const own = set.changes.filter(({ path }) => rootFor(path, planning.roots) === root);
    for (const { path } of own) refuseElsewhere(path, root);
    const part = { root, store: planning.storeOf(root), ...inodeOfRoot(root), steps: [] };
    const place = new Place(part, folderOf(planning.action, index));
    try {
      parts.push({ ...part, steps: await stepsOf(own, place, planning.objects) });
    } finally {
      place.folders.close();
    }
  }
  return { parts };
}

/** What lies on a file system of its own cannot be reached by a rename from the root's store. */
function refuseElsewhere(path: string, root: string): void {
  let folder = path;
  // Folders alone tell: a file in an overlay may be on another device than the folder that it lies in.
  while (!isFolder(folder)) folder = dirname(folder);
  if (lstatSync(folder).dev === lstatSync(root).dev) return;
  throw new HomeostatError('no_store', `${path} lies on another file system than the root ${root}`, {
    next: 'A person names a folder on that file system as a root, apart from this one.',
  });
}

function isFolder(path: string): boolean {
  try {
    return lstatSync(path).isDirectory();
  } catch {
    return false;
  }
}

/** The innermost root that holds a path. */
function rootFor(path: string, roots: readonly string[]): string {
  const holding = roots.filter((root) => path === root || path.startsWith(root === '/' ? '/' : `${root}/`));
  const [innermost] = holding.toSorted((a, b) => b.length - a.length);
  if (innermost === undefined)
    throw new HomeostatError('outside_roots', `${path} is outside ${roots.join(', ')}`);
  return innermost;
}

async function stepsOf(changes: readonly Change[], place: Place, objects: Objects): Promise<Step[]> {
  if (changes.length > 0)
    mkdirSync(join(place.part.store, place.own, 'new'), { recursive: true, mode: 0o700 });
  const pathOf = (change: Change): string => bytesOf(change.path.slice(place.part.root.length + 1));
  const goes = (change: Change): boolean =>
    change.before !== null && change.after?.type !== change.before.type;
  const steps: Step[] = [];
  const touched = new Set<string>();
  for (const change of changes.filter(goes).toSorted(deepestFirst)) {
    const path = pathOf(change);
    const before = present(place.print(path), change);
    steps.push({ do: 'remove', path, before, below: belowOf(before, path, place) });
    touched.add(parentOf(path));
  }
  for (const [number, change] of changes
    .filter(({ after }) => after !== null)
    .toSorted(shallowFirst)
    .entries()) {
    const path = pathOf(change);
    const { after } = change;
    if (after === null) continue;
    const before = goes(change) ? null : place.print(path);
    if (before?.type === 'directory') {
      steps.push({ do: 'attributes', path, before, after: asked(before, after) });
      continue;
    }
    const from = `${place.own}/new/${number}`;
    const staged = await make(place.stored(from), after, before, objects);
    const shared = before !== null && (before.links > 1 || isForeign(before));
    steps.push({ do: shared ? 'write' : 'put', path, from, before: before as Print, after: staged });
    touched.add(parentOf(path));
  }
  return [...steps, ...foldersOf(touched, steps, place)];
}

function belowOf(before: Print, path: string, place: Place): Extract<Step, { do: 'remove' }>['below'] {
  if (before.type !== 'directory') return null;
  const { entries, digest, bytes } = belowDigest(place.entry(path));
  return { entries, digest, bytes };
}

/** The folders that stay and get or lose an entry: their times are moved by it, and put back by an undo. */
function foldersOf(touched: ReadonlySet<string>, steps: readonly Step[], place: Place): Step[] {
  const ours = new Set(steps.map(({ path }) => path));
  return [...touched]
    .filter((path) => !ours.has(path))
    .toSorted()
    .toReversed()
    .flatMap((path): Step[] => {
      const before = place.print(path);
      const after = { mtime_ns: String(BigInt(Date.now()) * 1_000_000n) };
      return before === null ? [] : [{ do: 'attributes', path, before, after: { ...before, ...after } }];
    });
}

function present(print: Print | null, { path }: Change): Print {
  if (print !== null) return print;
  throw new HomeostatError('world_changed', `${path} is not as it was when the change was worked out`);
}

/** An owner that only the inode can keep, for one who may not give files away. */
const isForeign = (before: Print): boolean => process.getuid?.() !== 0 && before.uid !== process.getuid?.();

/** Makes the new entry in the store; what a state does not tell, such as ACLs, is as it was. */
async function make(at: Buffer, state: FileState, before: Print | null, objects: Objects): Promise<Print> {
  if (state.type === 'directory') mkdirSync(at, { mode: 0o700 });
  else if (state.type === 'symlink') symlinkSync(state.target ?? '', at);
  else write(at, await objects.get(state.digest ?? ''));
  const made = present(printOf(at), { path: textOf(at.toString('latin1')), before: null, after: null });
  const kept = before?.type === state.type ? before.xattrs : undefined;
  dress(at, made, { ...asked(made, state), ...(kept === undefined ? {} : { xattrs: kept }) });
  return printOf(at) ?? made;
}

function asked(print: Print, { mode, uid, gid, mtime_ns }: FileState): Print {
  // Who may not give files away keeps them.
  const owner = process.getuid?.() === 0 ? { uid, gid } : {};
  return { ...print, ...owner, mode, mtime_ns };
}

function write(at: Buffer, content: Buffer): void {
  const fd = openSync(
    at,
    constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW,
    0o600,
  );
  try {
    for (let done = 0; done < content.length;) done += writeSync(fd, content, done);
  } finally {
    closeSync(fd);
  }
}

import { HomeostatError } from '../../core/errors.ts';
import type { Print, Step } from '../../core/plan.ts';
import { sameAttributes, sameButTimes, withAttributes } from './attributes.ts';
import { filledBy } from './filled.ts';
import type { UpperInode } from './inodes.ts';
import { type Layer, type UpperEntry, isNew, isRenamed, placeOf } from './layer.ts';
import type { Lower } from './lower.ts';
import { prepare } from './staging.ts';

interface Read {
  readonly layer: Layer;
  readonly inodes: readonly UpperInode[];
  readonly lower: Lower;
  /** The action's folder in the store, absolute, and its name. */
  readonly folder: string;
  readonly action: string;
}

/** A put before it is known which number the removal has that it takes its entry from. */
interface Put {
  readonly entry: UpperEntry;
  /** The lower path that the entry comes from; null for one of the upper layer. */
  readonly moved: string | null;
  readonly before: Print | null;
  readonly after: Print;
}

/** What is to be done, gathered in the order of the upper layer. */
interface Gathered {
  /** Lower paths that are no longer, and those of them that go elsewhere. */
  readonly removed: Set<string>;
  readonly sources: Set<string>;
  readonly puts: Put[];
  readonly links: { readonly path: string; readonly to: string; readonly after: Print }[];
  /** Folders in which entries come or go, so that their times are set at the end. */
  readonly stirred: Set<UpperEntry>;
}

/** Removals with the deepest first, then puts with parents first, links, contents, and at last attributes. */
export function stepsOf(read: Read): Step[] {
  const gathered = gather(read);
  const { unfinished, contents } = prepare(read.layer, read.inodes, read.folder);
  for (const entry of unfinished) gathered.stirred.add(entry);
  const filled = filledBy(read.layer, unfinished);
  const removals = removalsOf(gathered, read.lower);
  const numbers = new Map(removals.map(({ path }, number) => [path, number]));
  const puts = gathered.puts.map(({ entry, moved, before, after }): Step => {
    const from = moved === null ? placeOf(entry) : `pre/${numbers.get(moved)}`;
    const whole = moved === null && after.type === 'directory' ? filled(entry) : null;
    const told = whole === null ? {} : { filled: whole };
    return { do: 'put', path: entry.path, from: `${read.action}/${from}`, before, after, ...told };
  });
  const links = gathered.links.map((link): Step => ({ do: 'link', ...link }));
  return [...removals, ...puts, ...links, ...inodeSteps(read, contents), ...folderSteps(read, gathered)];
}

function gather({ layer, inodes, lower }: Read): Gathered {
  const gathered: Gathered = {
    removed: new Set(),
    sources: new Set(),
    puts: [],
    links: [],
    stirred: new Set(),
  };
  const inodeOf = new Map(inodes.flatMap((inode) => inode.names.map((name) => [name, inode] as const)));
  for (const entry of layer.entries)
    if (isRenamed(entry) && entry.source !== null) gathered.sources.add(entry.source);
  for (const { kept } of inodes) if (kept?.staying.size === 0) gathered.sources.add(kept.source);
  for (const source of gathered.sources) gathered.removed.add(source);

  for (const entry of layer.entries) {
    if (entry.source !== null) {
      const gone = entry.whiteouts.filter((path) => lower.print(path) !== null);
      for (const path of gone) gathered.removed.add(path);
      if (gone.length > 0) gathered.stirred.add(entry);
      if (isRenamed(entry)) putMoved(entry, entry.source, gathered, lower);
      continue;
    }
    const inode = inodeOf.get(entry);
    if (inode?.kept) putKept(entry, inode, gathered, lower);
    else putNew(entry, gathered, lower);
  }
  return gathered;
}

/** What the lower layer has at the place of an entry makes room for it. */
function makeRoom({ natural, parent }: UpperEntry, { removed, stirred }: Gathered, lower: Lower): void {
  if (natural !== null && lower.print(natural) !== null) removed.add(natural);
  if (parent !== null) stirred.add(parent);
}

function putMoved(entry: UpperEntry, source: string, gathered: Gathered, lower: Lower): void {
  makeRoom(entry, gathered, lower);
  gathered.puts.push({ entry, moved: source, before: null, after: lower.touched(source) });
}

function putKept(entry: UpperEntry, { names, kept }: UpperInode, gathered: Gathered, lower: Lower): void {
  if (kept === null || kept.staying.has(entry)) return;
  const [anchor] = kept.staying.size > 0 ? kept.staying : names;
  if (entry === anchor) {
    putMoved(entry, kept.source, gathered, lower);
    return;
  }
  makeRoom(entry, gathered, lower);
  gathered.links.push({ path: entry.path, to: anchor?.path ?? '', after: kept.print });
}

function putNew(entry: UpperEntry, gathered: Gathered, lower: Lower): void {
  if (entry.print.type === 'device')
    throw new HomeostatError('wrong_type', `${shown(entry.path)}: a command cannot make a device`);
  // It comes with the new folder that it lies in.
  if (isNew(entry.parent)) return;
  const { natural, path, print } = entry;
  const stands = natural === null ? null : lower.print(natural);
  const isReplaced =
    natural !== null &&
    natural === path &&
    stands !== null &&
    ![stands.type, print.type].includes('directory') &&
    !gathered.sources.has(natural);
  if (!isReplaced) makeRoom(entry, gathered, lower);
  else if (entry.parent !== null) gathered.stirred.add(entry.parent);
  gathered.puts.push({
    entry,
    moved: null,
    before: isReplaced ? lower.touched(natural) : null,
    after: print,
  });
}

const shown = (path: string): string => Buffer.from(path, 'latin1').toString();
const depth = (path: string): number => (path === '' ? 0 : path.split('/').length);

function removalsOf({ removed, sources }: Gathered, lower: Lower): Extract<Step, { do: 'remove' }>[] {
  const deepestFirst = [...removed].toSorted((a, b) => depth(b) - depth(a) || (a < b ? -1 : 1));
  return deepestFirst.map((path) => {
    const before = lower.touched(path);
    if (before.type !== 'directory' || sources.has(path)) return { do: 'remove', path, before, below: null };
    const { newestCtimeNs: _, ...below } = lower.below(path);
    return { do: 'remove', path, before, below };
  });
}

/** Content and attributes of the lower inodes that live on. */
function inodeSteps({ inodes, lower, action }: Read, contents: ReadonlyMap<UpperInode, UpperEntry>): Step[] {
  const writes: Step[] = [];
  const attributes: Step[] = [];
  for (const inode of inodes) {
    if (inode.kept === null) continue;
    const { staying, print: before, source } = inode.kept;
    const [name] = staying.size > 0 ? staying : inode.names;
    const { path, print } = name ?? inode.names[0];
    const after = withAttributes(before, print);
    const content = contents.get(inode);
    if (content !== undefined) {
      const from = `${action}/${placeOf(content)}`;
      writes.push({ do: 'write', path, from, before, after: { ...after, size: print.size } });
    } else if (!sameAttributes(before, print)) attributes.push({ do: 'attributes', path, before, after });
    else continue;
    lower.touched(source);
  }
  return [...writes, ...attributes];
}

/** Attributes of folders, the deepest first, since what is done in one changes its times. */
function folderSteps({ layer, lower }: Read, { stirred }: Gathered): Step[] {
  const steps: Extract<Step, { do: 'attributes' }>[] = [];
  for (const entry of layer.entries) {
    const { path, source, print } = entry;
    if (print.type !== 'directory') continue;
    if (source === null) {
      if (stirred.has(entry)) steps.push({ do: 'attributes', path, before: print, after: print });
      continue;
    }
    const before = lower.print(source);
    if (before === null) throw lower.changed(source);
    if (sameAttributes(before, print) && !stirred.has(entry)) continue;
    if (!sameButTimes(before, print)) lower.touched(source);
    // Somebody else has put something there meanwhile: the folder is younger than the command left it.
    else if (lower.isNewer(before)) continue;
    steps.push({ do: 'attributes', path, before, after: withAttributes(before, print) });
  }
  return steps.toSorted((a, b) => depth(b.path) - depth(a.path));
}

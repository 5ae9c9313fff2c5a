import type { Aspect, Described, ShownChange } from '../../core/effects.ts';
import type { Part, Print, Step } from '../../core/plan.ts';
import { entryAt, fsPath, isSetId } from '../journal/print.ts';
import { sameXattrs } from './attributes.ts';
import { pathsBelow, sizeBelow } from './below.ts';
import { latin1 } from './lower.ts';
import { textOfName } from './names.ts';
import { type Origins, originsOf } from './origins.ts';
import { type Budget, sideOf, summaryOf } from './side.ts';

/** Entries of new folders that are told one by one; a folder with more is one change with their number. */
const MOST_BELOW = 200;
/** Entries below a folder that are counted. */
const MOST_COUNTED = 100_000;
const MOST_TEXT = 4_194_304;

interface Size {
  readonly entries: number;
  readonly bytes: number;
}

/** What has become of one path, as it is put together from several steps. */
interface Fate {
  before: Print | null;
  after: Print | null;
  /** Where the two can be read, absolute in latin1; null for what a diff of contents would not show. */
  was: string | null;
  is: string | null;
  /** How much a folder holds that comes or goes, where it was counted already. */
  holds?: Size;
  from?: string;
  linkTo?: string;
}

/**
 * What a part changes, for people: one change for each path, renames as such, in the order of the paths. A folder of
 * which the times alone change is left out. To be asked before the steps are done. The texts of files are read only
 * where `isSecret` says no to the absolute path; where it says yes, they are told apart by `fingerprint`. `own` is the part's folder in its store.
 */
export function describePart(
  part: Part,
  own: string,
  isSecret: (path: string) => boolean,
  fingerprint: (content: Uint8Array) => string,
): Described[] {
  const fates = fatesOf(part, own);
  const budget = { bytes: MOST_TEXT };
  return fates
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([path, fate]) => described(path, fate, part, isSecret, fingerprint, budget));
}

function fatesOf({ root, store, steps }: Part, own: string): [string, Fate][] {
  const origins = originsOf(steps, own);
  const fates = new Map<string, Fate>();
  const lower = (path: string): string => `${latin1(root)}/${path}`;
  for (const step of steps) {
    if (step.do === 'put') fates.set(step.path, putFate(step, origins, lower, latin1(store)));
    else if (step.do === 'link')
      fates.set(step.path, { before: null, after: step.after, was: null, is: null, linkTo: step.to });
    else if (step.do === 'unlink')
      fates.set(step.path, { before: step.before, after: null, was: null, is: null });
    else if (step.do !== 'remove') changeFate(step, fates, origins, lower, latin1(store));
  }
  for (const [path, fate] of fates)
    if (fate.is !== null && fate.before === null && fate.after?.type === 'directory')
      tellBelow(path, fate.is, fates);
  // A path can be lost and be the new one of what is renamed.
  const lost = origins.lost.map(({ path, before, below }): [string, Fate] => {
    return [path, { before, after: null, was: lower(path), is: null, ...counted(below) }];
  });
  return [...lost, ...fates];
}

function putFate(
  step: Extract<Step, { do: 'put' }>,
  origins: Origins,
  lower: (path: string) => string,
  store: string,
): Fate {
  const source = origins.taken(step);
  if (source !== null) {
    const at = lower(source.path);
    return { before: source.before, after: source.before, was: at, is: at, from: source.path };
  }
  const replaced = origins.replaced(step.path);
  const before = step.before ?? replaced?.before ?? null;
  const was = before === null ? null : lower(replaced?.path ?? step.path);
  return { before, after: step.after, was, is: `${store}/${step.from}`, ...counted(step.filled) };
}

const counted = (
  below: { entries: number; bytes?: number | undefined } | null | undefined,
): { holds?: Size } =>
  below?.bytes === undefined ? {} : { holds: { entries: below.entries, bytes: below.bytes } };

/** A step on what stays, or on what an earlier step has put there. */
function changeFate(
  step: Extract<Step, { do: 'write' | 'attributes' }>,
  fates: Map<string, Fate>,
  origins: Origins,
  lower: (path: string) => string,
  store: string,
): void {
  const at = lower(origins.of(step.path) ?? step.path);
  const fate = fates.get(step.path) ?? { before: step.before, after: null, was: at, is: at };
  fate.after = step.after;
  if (step.do === 'write') fate.is = `${store}/${step.from}`;
  fates.set(step.path, fate);
}

/** Tells what a new folder holds one by one, unless that is much. */
function tellBelow(path: string, folder: string, fates: Map<string, Fate>): void {
  const inner: string[] = [];
  for (const below of pathsBelow(folder)) {
    inner.push(below.path);
    if (inner.length > MOST_BELOW) return;
  }
  for (const name of inner) {
    const at = `${folder}/${name}`;
    const after = entryAt(fsPath(at))?.print ?? null;
    fates.set(`${path}/${name}`, { before: null, after, was: null, is: at });
  }
}

function described(
  path: string,
  fate: Fate,
  { root }: Part,
  isSecret: (path: string) => boolean,
  fingerprint: (content: Uint8Array) => string,
  budget: Budget,
): Described[] {
  const { before, after, was, is, holds, from, linkTo } = fate;
  const absolute = (inner: string): string => (inner === '' ? root : `${root}/${textOfName(inner)}`);
  const changed = before === null || after === null ? [] : aspects(fate, before, after);
  const isQuiet = changed.length === 0 || (after?.type === 'directory' && changed.join() === 'times');
  if (before !== null && after !== null && from === undefined && isQuiet) return [];
  const type = (after ?? before)?.type ?? 'file';
  const isCount = before === null || after === null;
  const sizes = {
    bytes: sizeOf(after, isCount ? is : null, holds),
    was: sizeOf(before, isCount ? was : null, holds),
  };
  const change: ShownChange = {
    path: absolute(path),
    change: kindOf(fate),
    bytes: sizes.bytes.bytes,
    was: sizes.was.bytes,
    ...(from === undefined ? {} : { from: absolute(from) }),
    ...(linkTo === undefined ? {} : { link_to: absolute(linkTo) }),
    ...(type === 'file' ? {} : { type }),
    ...(changed.length === 0 ? {} : { changed }),
    ...(setsId(after) && !setsId(before) ? { setid: true } : {}),
    ...(isCount && type === 'directory' ? { entries: sizes.bytes.entries + sizes.was.entries } : {}),
  };
  const isHidden = [path, from, linkTo].some((one) => one !== undefined && isSecret(absolute(one)));
  const shows =
    isHidden || (before !== null && after !== null && !changed.includes('content')) ? null : budget;
  const side = (at: string | null, print: Print | null): Described['before'] =>
    print === null
      ? null
      : at === null
        ? { text: null, summary: summaryOf(print) }
        : sideOf(at, print, shows, isHidden ? fingerprint : null);
  return [{ change, before: side(was, before), after: side(is, after) }];
}

const setsId = (print: Print | null): boolean => print?.type === 'file' && isSetId(print.mode);

function kindOf({ before, after, from }: Fate): ShownChange['change'] {
  if (from !== undefined) return 'rename';
  if (before === null) return 'create';
  return after === null ? 'delete' : 'modify';
}

function sizeOf(print: Print | null, at: string | null, holds: Size | undefined): Size {
  if (print?.type === 'directory' && at !== null) return holds ?? sizeBelow(at, MOST_COUNTED);
  return { entries: 0, bytes: print?.size ?? 0 };
}

function aspects({ was, is }: Fate, before: Print, after: Print): Aspect[] {
  const isOtherType = before.type !== after.type;
  const tests: Record<Aspect, boolean> = {
    type: isOtherType,
    content: isOtherType || (was !== is && after.type === 'file') || before.target !== after.target,
    mode: before.mode !== after.mode,
    owner: before.uid !== after.uid || before.gid !== after.gid,
    times: before.mtime_ns !== after.mtime_ns,
    attributes: !sameXattrs(before, after),
  };
  return (Object.keys(tests) as Aspect[]).filter((aspect) => tests[aspect]);
}

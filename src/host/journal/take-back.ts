import { linkSync, renameSync, unlinkSync } from 'node:fs';
import { HomeostatError } from '../../core/errors.ts';
import { type Part, type Plan, type Print, type Step, folderOf, isSame } from '../../core/plan.ts';
import { originsOf } from '../overlay/origins.ts';
import { dress } from './dress.ts';
import { textOf } from './folders.ts';
import { copyContent } from './in-place.ts';
import { Place, inodeAt, moveIn, swap } from './place.ts';
import { printOf } from './print.ts';
import { syncStores } from './sync.ts';

type StepOf<K extends Step['do']> = Extract<Step, { do: K }>;

/**
 * Takes back whatever was done of a plan, of which nobody knows how far it came: each inode's place tells. May be
 * called any number of times, also after it was killed itself. Returns the paths, absolute, that somebody else has
 * changed meanwhile; they are left alone, and what stood there before stays in the store. Throws `not_mounted`, with
 * nothing taken back, where a root is away, and `no_store` where a store is gone, once all else is taken back.
 */
export function takeBack(plan: Plan, action: string): string[] {
  const conflicts: string[] = [];
  const places = [...plan.parts.entries()]
    .map(([index, part]) => new Place(part, folderOf(action, index)))
    .filter(({ part }) => part.steps.length > 0);
  for (const place of places) checkMounted(place);
  for (const place of places) {
    const { part } = place;
    if (!hasBegun(place)) continue;
    try {
      const steps = [...part.steps.entries()].toReversed();
      for (const [number, step] of steps) {
        if (!undone(step, number, place)) conflicts.push(`${part.root}/${textOf(step.path)}`);
      }
      // Once more, for what was put back has moved the folders' times.
      // An attempt that was killed may have moved them where a renamed folder stands again under its former name.
      const origins = originsOf(part.steps, place.own);
      for (const [number, step] of steps)
        if (step.do === 'attributes')
          for (const path of [step.path, origins.of(step.path)])
            if (path !== null) undone({ ...step, path }, number, place);
    } finally {
      place.folders.close();
    }
  }
  syncStores(plan);
  const lost = places.find(({ part }) => inodeAt(Buffer.from(part.store)) === null)?.part;
  if (lost !== undefined)
    throw new HomeostatError('no_store', `${lost.store} is gone, in which lay what stood in ${lost.root}`);
  return [...new Set(conflicts)];
}

const hasBegun = (place: Place): boolean => inodeAt(place.stored(`${place.own}/pre`)) !== null;

/** Whoever deletes a root leaves its store; where neither is what it was, they are elsewhere. */
function checkMounted(place: Place): void {
  const { root, store, ino } = place.part;
  if (ino === undefined || hasBegun(place) || inodeAt(Buffer.from(root)) === ino) return;
  throw new HomeostatError('not_mounted', `neither ${root} nor its store ${store} is what it was`);
}

/** Whether the step is taken back, or was never done. */
function undone(step: Step, number: number, place: Place): boolean {
  try {
    if (step.do === 'put') return putBack(step, number, place);
    if (step.do === 'remove') return broughtBack(step, number, place);
    if (step.do === 'link') return unlinked(step, place);
    if (step.do === 'unlink') return linkedBack(step, place);
    if (step.do === 'write') return writtenBack(step, number, place);
    return undressed(step, place);
  } catch (error) {
    if (!(error instanceof HomeostatError && error.code === 'world_changed')) throw error;
    // The folder that it lies in is not there: there are no attributes to be taken back, and else a person has to look.
    return step.do === 'attributes';
  }
}

function putBack({ path, from, before, after }: StepOf<'put'>, number: number, place: Place): boolean {
  const [source, kept] = [place.stored(from), place.kept(number)];
  const [inSource, inKept] = [inodeAt(source), inodeAt(kept)];
  if (inKept === after.ino) {
    // Killed between the two moves of an earlier attempt.
    moveIn(kept, source);
    return true;
  }
  // Not done, or done and taken back; then what it took from a removal may have gone back from there as well.
  const lent = from.startsWith(`${place.own}/pre/`);
  if (inSource === after.ino || (lent && inSource === null && place.inode(path) !== after.ino)) return true;
  // What somebody else has written into it since is theirs.
  if (!isOurs(place.print(path), place.part)) return false;
  const entry = place.entry(path);
  if (before === null) {
    place.keepingTimes(path, () => moveIn(entry, source));
  } else {
    const old = inKept === before.ino ? kept : inSource === before.ino ? source : null;
    if (old === null) return false;
    place.keepingTimes(path, () => swap(old, entry));
    if (old === kept) renameSync(kept, source);
  }
  if (after.type === 'directory') place.folders.close();
  return true;
}

/** As one of the steps has found or left that inode: later ones change what an earlier one puts, and go back first. */
const isOurs = (now: Print | null, { steps }: Part): boolean =>
  now !== null &&
  steps.some(
    (step) => ('after' in step && isSame(now, step.after)) || ('before' in step && isSame(now, step.before)),
  );

function broughtBack({ path, before }: StepOf<'remove'>, number: number, place: Place): boolean {
  const kept = place.kept(number);
  if (inodeAt(kept) !== before.ino) return place.inode(path) === before.ino;
  try {
    place.keepingTimes(path, () => moveIn(kept, place.entry(path)));
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    return false;
  }
}

function writtenBack(step: StepOf<'write'>, number: number, place: Place): boolean {
  const kept = place.kept(number);
  // Without a copy of its own content it was not written, wherever it is.
  if (inodeAt(kept) === null) return true;
  if (place.inode(step.path) !== step.before.ino) return false;
  const entry = place.entry(step.path);
  copyContent(kept, entry);
  const dressed = undressed(step, place);
  unlinkSync(kept);
  return dressed;
}

/** The inode has another name, so that nothing goes with this one. */
function unlinked({ path, to, after }: StepOf<'link'>, place: Place): boolean {
  const there = place.inode(path);
  // Taken back by an earlier attempt, which has also brought back what stood there.
  const former = place.part.steps.some(
    (step) => step.do === 'remove' && step.path === path && step.before.ino === there,
  );
  if (there === null || former) return true;
  if (there !== after.ino || place.inode(to) !== after.ino) return false;
  place.keepingTimes(path, () => unlinkSync(place.entry(path)));
  return true;
}

function linkedBack({ path, to, before }: StepOf<'unlink'>, place: Place): boolean {
  const there = place.inode(path);
  if (there !== null || place.inode(to) !== before.ino) return there === before.ino;
  place.keepingTimes(path, () => linkSync(place.entry(to), place.entry(path)));
  return true;
}

/** Only where it has either the attributes that it had or those that it was given. */
function undressed({ path, before, after }: StepOf<'attributes' | 'write'>, place: Place): boolean {
  const entry = place.entry(path);
  const now = printOf(entry);
  // What it was about is elsewhere: not put there yet, or replaced by somebody, whose attributes these are.
  if (now === null || now.ino !== before.ino) return true;
  const given: Print = { ...after, ino: now.ino };
  const halfway = ['mode', 'uid', 'gid'] as const;
  const ours = halfway.every((field) => now[field] === before[field] || now[field] === given[field]);
  if (!isSame(now, before) || now.mtime_ns !== before.mtime_ns) {
    if (!ours) return false;
    dress(entry, now, before);
  }
  return true;
}

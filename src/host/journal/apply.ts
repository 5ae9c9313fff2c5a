import { linkSync, renameSync, unlinkSync } from 'node:fs';
import { HomeostatError } from '../../core/errors.ts';
import { type Part, type Plan, type Print, type Step, folderOf, isSame } from '../../core/plan.ts';
import { dress } from './dress.ts';
import { textOf } from './folders.ts';
import { rewrite } from './in-place.ts';
import { Place, inodeAt, laterPath, moveIn, swap } from './place.ts';
import { belowDigest, printOf } from './print.ts';
import { syncStores } from './sync.ts';

type StepOf<K extends Step['do']> = Extract<Step, { do: K }>;

/**
 * Does every step of a plan that is on record, and returns the plan with each `after` as it stands now. What a step
 * finds in its place is looked at once it is out of everybody's reach: if it is not the `before`, it goes back, and the
 * error is `world_changed`. After an error `takeBack` undoes the steps that were done.
 */
export function applyPlan(plan: Plan, action: string, trace: (point: string) => void): Plan {
  syncStores(plan);
  const parts = plan.parts.map((part, index) => {
    if (part.steps.length === 0) return part;
    const place = new Place(part, folderOf(action, index));
    place.makeRoom();
    try {
      const moved = new Set<string>();
      for (const [number, step] of part.steps.entries()) {
        doStep(step, { number, place, moved });
        trace(`step ${number}`);
      }
      return afterwards(part, place);
    } finally {
      place.folders.close();
    }
  });
  syncStores(plan);
  return { parts };
}

interface Doing {
  readonly number: number;
  readonly place: Place;
  /** Inodes whose content or attributes an earlier step has changed. */
  readonly moved: Set<string>;
}

function doStep(step: Step, doing: Doing): void {
  const { place, number, moved } = doing;
  if (step.do === 'put') return place.keepingTimes(step.path, () => put(step, doing));
  if (step.do === 'remove') return place.keepingTimes(step.path, () => remove(step, doing));
  if (step.do === 'link') return place.keepingTimes(step.path, () => link(step, place));
  if (step.do === 'unlink') return place.keepingTimes(step.path, () => unlink(step, place));
  const entry = place.entry(step.path);
  const now = printOf(entry);
  const known = now !== null && now.ino === step.before.ino;
  // Written in place, what somebody else has just saved would be gone.
  const saved = step.do === 'write' && known && !moved.has(now.ino) && !isSame(now, step.before);
  if (!known || saved) throw changed(place.part, step.path);
  moved.add(now.ino);
  if (step.do === 'write') rewrite(place.stored(step.from), entry, place.kept(number));
  dress(entry, now, step.after);
}

function put({ path, from, before }: StepOf<'put'>, { number, place, moved }: Doing): void {
  const [source, entry, kept] = [place.stored(from), place.entry(path), place.kept(number)];
  if (before === null) {
    try {
      return moveIn(source, entry);
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code !== 'EEXIST') throw cause;
      throw changed(place.part, path, cause);
    }
  }
  try {
    swap(source, entry);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ENOENT') throw cause;
    throw changed(place.part, path, cause);
  }
  if (!stoodThere(printOf(source), before, moved)) {
    swap(source, entry);
    throw changed(place.part, path);
  }
  renameSync(source, kept);
}

function remove({ path, before, below }: StepOf<'remove'>, { number, place, moved }: Doing): void {
  // What earlier steps have taken out of it was looked at before the first of them.
  const isOpened = (): boolean =>
    place.part.steps.slice(0, number).some((step) => step.path.startsWith(`${path}/`));
  const [entry, kept] = [place.entry(path), place.kept(number)];
  try {
    renameSync(entry, kept);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ENOENT') throw cause;
    throw changed(place.part, path, cause);
  }
  const whole = below === null || isOpened() || belowDigest(kept).digest === below.digest;
  if (!stoodThere(printOf(kept), before, moved) || !whole) {
    moveIn(kept, entry);
    throw changed(place.part, path);
  }
  // A descriptor of the folder that is gone would lead to where it now lies.
  if (before.type === 'directory') place.folders.close();
}

function link({ path, to, after }: StepOf<'link'>, place: Place): void {
  if (inodeAt(place.entry(to)) !== after.ino) throw changed(place.part, to);
  try {
    linkSync(place.entry(to), place.entry(path));
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'EEXIST') throw cause;
    throw changed(place.part, path, cause);
  }
}

function unlink({ path, to, before }: StepOf<'unlink'>, place: Place): void {
  const [entry, other] = [place.entry(path), place.entry(to)];
  if (inodeAt(entry) !== before.ino || inodeAt(other) !== before.ino) throw changed(place.part, path);
  unlinkSync(entry);
}

/** A rename changes only the time of the inode's own change. */
const stoodThere = (found: Print | null, before: Print, moved: ReadonlySet<string>): boolean =>
  found !== null && (moved.has(before.ino) ? found.ino === before.ino : isSame(found, before));

const changed = (part: Part, path: string, cause?: unknown): HomeostatError =>
  new HomeostatError('world_changed', `${part.root}/${textOf(path)} was changed by somebody else meanwhile`, {
    cause,
  });

/** The part with the prints of what was put, for whoever takes it back. */
function afterwards(part: Part, place: Place): Part {
  const steps = part.steps.map((step, number) => {
    if (step.do === 'remove' || step.do === 'unlink') return step;
    const path = laterPath(step.path, number, part, place.own);
    if (path === null) return step;
    const after = place.print(path);
    if (after === null) throw changed(part, path);
    const whole = step.do === 'put' && after.type === 'directory';
    return { ...step, after, ...(whole ? { filled: step.filled ?? filledOf(place.entry(path)) } : {}) };
  });
  return { ...part, steps };
}

function filledOf(folder: Buffer): { entries: number; digest: string } {
  const { entries, digest } = belowDigest(folder);
  return { entries, digest };
}

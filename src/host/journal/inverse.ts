import { HomeostatError } from '../../core/errors.ts';
import { type Part, type Plan, type Print, type Step, folderOf, isSame } from '../../core/plan.ts';
import { isAtOrBelow, parentOf, textOf, upwards } from './folders.ts';
import { Place, inodeOfRoot, laterPath } from './place.ts';
import { belowDigest } from './print.ts';

type StepOf<K extends Step['do']> = Extract<Step, { do: K }>;

export interface Undo {
  /** The action whose plan was applied. */
  readonly of: string;
  /** The action that takes it back. */
  readonly by: string;
  /** A person wants it also where somebody has changed a path since; what stands there now is kept. */
  readonly force?: boolean;
  /** See `TransactionOptions`. */
  readonly formerTime: (inode: string, mtime_ns: string) => string | null;
}

/**
 * The plan that takes an applied one back, worked out from what stands there now; it changes nothing. Throws
 * `rollback_conflict`, naming the path, where somebody has changed since what the action made.
 */
export function inverseOf(plan: Plan, undo: Undo): Plan {
  return {
    parts: plan.parts.map((part, index) => {
      const place = new Place(part, folderOf(undo.of, index));
      try {
        return {
          ...part,
          ...inodeOfRoot(part.root),
          steps: inverseSteps(part, place, folderOf(undo.by, index), undo),
        };
      } finally {
        place.folders.close();
      }
    }),
  };
}

function inverseSteps(part: Part, place: Place, by: string, undo: Undo): Step[] {
  const { force = false } = undo;
  const now = (step: Step, number: number): string | null => laterPath(step.path, number, part, place.own);
  const dressed = part.steps.flatMap((step, number) => {
    const path = now(step, number);
    if (step.do !== 'attributes' || path === null) return [];
    return attributesBack({ ...step, path }, place, undo).map((back) => ({ back, number }));
  });
  // A folder may have been closed to us, so that its mode comes first; its times come last, when it is filled again.
  const steps: Step[] = dressed
    .map(({ back }) => back)
    .filter(({ before, after }) => before.mode !== after.mode);
  /** By the number of a `remove`, where in the store the thing will lie when its turn comes. */
  const lent = new Map<number, string>();
  /** Paths that steps so far have emptied. */
  const vacated = new Set<string>();
  const parted = new Set(part.steps.flatMap(({ path }) => [...upwards(parentOf(path))]));
  for (const [number, step] of [...part.steps.entries()].toReversed()) {
    if (step.do === 'put') {
      const back = putBack(step, number, now(step, number), place, force);
      const source = lenderOf(step, place.own);
      if (source !== null && back !== null) lent.set(source, `${by}/pre/${steps.length}`);
      if (back?.do === 'remove') vacated.add(back.path);
      if (back !== null) steps.push(back);
    } else if (step.do === 'remove') {
      const from = lent.get(number) ?? `${place.own}/pre/${number}`;
      const before = expectNothing(step.path, vacated, place, force);
      // Untouched in the store since it was looked at, it need not be looked at again when it is back.
      const known = step.below === null || parted.has(step.path) ? {} : { filled: step.below };
      steps.push({ do: 'put', path: step.path, from, before, after: step.before, ...known });
    } else if (step.do === 'link') {
      const there = place.print(step.path);
      if (there?.ino !== step.after.ino && !force) throw conflict(part, step.path, 'it was changed since');
      if (there?.ino === step.after.ino) {
        vacated.add(step.path);
        steps.push({ do: 'unlink', path: step.path, to: step.to, before: there });
      }
    } else if (step.do === 'unlink') {
      if (expectNothing(step.path, vacated, place, force) === null)
        steps.push({ do: 'link', path: step.path, to: step.to, after: step.before });
    } else if (step.do === 'write') {
      const there = same(step, now(step, number), place, force);
      if (there !== null)
        steps.push({ ...step, from: `${place.own}/pre/${number}`, before: there, after: step.before });
    }
  }
  const arrivals = arrivalsOf(part);
  const later = dressed.flatMap(({ back, number }) => {
    const path = formerPath(part.steps[number]?.path ?? '', arrivals, part, place.own);
    return path === null ? [] : [{ ...back, path }];
  });
  return [...steps, ...later];
}

/** The number of the removal that a `put` takes its entry from; null where it takes it from elsewhere. */
function lenderOf({ from }: StepOf<'put'>, own: string): number | null {
  const number = from.startsWith(`${own}/pre/`) ? from.slice(own.length + '/pre/'.length) : '';
  return /^\d+$/.test(number) ? Number(number) : null;
}

/** Where what stands at a path stood before the plan; null where it did not. */
function formerPath(path: string, arrivals: Arrivals, part: Part, own: string): string | null {
  for (const at of upwards(path)) {
    const step = arrivals.get(at);
    if (step === undefined) continue;
    if (step.do === 'link') return formerPath(step.to, arrivals, part, own);
    const lender = lenderOf(step, own);
    const from = lender === null ? undefined : part.steps[lender]?.path;
    // What was put over something leaves it; what is new goes with what it lies in.
    return from === undefined ? null : from + path.slice(at.length);
  }
  return path;
}

/** By path, what came there last. */
type Arrivals = ReadonlyMap<string, StepOf<'put' | 'link'>>;

const arrivalsOf = ({ steps }: Part): Arrivals =>
  new Map(
    steps.flatMap((step) => (step.do === 'put' || step.do === 'link' ? [[step.path, step] as const] : [])),
  );

/** What stands there although nothing should: null, unless a person wants it gone. */
function expectNothing(
  path: string,
  vacated: ReadonlySet<string>,
  place: Place,
  force: boolean,
): Print | null {
  // What the action itself put there, or above it, has gone by then.
  const now = isAtOrBelow(path, vacated) ? null : place.print(path);
  if (now !== null && !force) throw conflict(place.part, path, 'something stands there again');
  return now;
}

function putBack(
  step: StepOf<'put'>,
  number: number,
  at: string | null,
  place: Place,
  force: boolean,
): Step | null {
  const { path, before } = step;
  const now = same(step, at, place, force);
  if (before !== null)
    return { do: 'put', path, from: `${place.own}/pre/${number}`, before: now, after: before };
  if (now === null) return null;
  // What was moved there is emptied of what was put into it before it goes back, so that nothing can be told now.
  const moved = step.from.startsWith(`${place.own}/pre/`);
  const found = now.type === 'directory' && !moved ? belowDigest(place.entry(path)) : null;
  const below = found === null ? null : { entries: found.entries, digest: found.digest };
  return { do: 'remove', path, before: now, below };
}

/** What stands there, which is what the action made; with `force`, whatever it is. */
function same(step: StepOf<'put' | 'write'>, at: string | null, place: Place, force: boolean): Print | null {
  const now = at === null ? null : place.print(at);
  if (force) return now;
  if (!isSame(now, step.after)) throw conflict(place.part, step.path, 'it was changed since');
  const filled = step.do === 'put' ? step.filled : undefined;
  if (filled !== undefined && belowDigest(place.entry(at ?? step.path)).digest !== filled.digest)
    throw conflict(place.part, step.path, 'something in it was changed since');
  return now;
}

function attributesBack(
  step: StepOf<'attributes'>,
  place: Place,
  { force = false, formerTime }: Undo,
): StepOf<'attributes'>[] {
  const { path, before, after } = step;
  const now = place.print(path);
  const folder = after.type === 'directory';
  // Only the times of a folder were moved, by what was put into it: no loss if it is gone, nor if it was changed else.
  const timeOnly = folder && isSame({ ...before, ino: after.ino }, after);
  if (timeOnly && now?.ino !== after.ino) return [];
  if (now === null || now.ino !== after.ino || (!timeOnly && !isSame(now, after))) {
    if (force) return [];
    throw conflict(place.part, path, 'it was changed since');
  }
  if (!folder) return [{ do: 'attributes', path, before: now, after: before }];
  const { mtime_ns, times } = timeBack(step, now, formerTime);
  const wanted = timeOnly ? now : before;
  return [{ do: 'attributes', path, before: now, after: { ...wanted, mtime_ns }, times }];
}

/**
 * The time of a folder is that of the last action which still stands. One that others have filled since keeps theirs;
 * else it gets back what this action found, or, where that came from an action that is taken back, what that one found.
 */
function timeBack(
  { before, after, times }: StepOf<'attributes'>,
  now: Print,
  formerTime: Undo['formerTime'],
): { mtime_ns: string; times: { before: string; after: string } } {
  const standing = (time: string): string => {
    const seen = new Set<string>();
    for (let at: string | null = time; at !== null && !seen.has(at); at = formerTime(now.ino, at))
      seen.add(at);
    return [...seen].at(-1) ?? time;
  };
  const found = times?.before ?? before.mtime_ns;
  const given = times?.after ?? after.mtime_ns;
  // What was written anew in its place moved no time.
  if (found === given) return { mtime_ns: now.mtime_ns, times: { before: given, after: found } };
  const [former, gave] = [standing(found), standing(given)];
  // What undoes an undo gives the folder a time that until now counts as taken back.
  const back = former === gave ? found : former;
  return { mtime_ns: now.mtime_ns === gave ? back : now.mtime_ns, times: { before: given, after: found } };
}

const conflict = (part: Part, path: string, what: string): HomeostatError =>
  new HomeostatError('rollback_conflict', `${part.root}/${textOf(path)}: ${what}`);

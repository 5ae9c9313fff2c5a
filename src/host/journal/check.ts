import { HomeostatError } from '../../core/errors.ts';
import { type Part, type Plan, type Step, folderOf, isSame } from '../../core/plan.ts';
import { isAtOrBelow, textOf, upwards } from './folders.ts';
import { Place, inodeAt } from './place.ts';
import { belowDigest } from './print.ts';

/** Throws `world_changed`, naming the path, where something is not as it was when the plan was worked out. */
export function checkPlan(plan: Plan, action: string, applyNext = false): void {
  for (const [index, part] of plan.parts.entries()) {
    const place = new Place(part, folderOf(action, index));
    try {
      checkPart(part, place, applyNext);
    } finally {
      place.folders.close();
    }
  }
}

function checkPart(part: Part, place: Place, applyNext: boolean): void {
  const seen = new Set<string>();
  /** The folders that something in `seen` lies in. */
  const opened = new Set<string>();
  const see = (path: string): void => {
    seen.add(path);
    for (const at of upwards(path)) if (at !== path) opened.add(at);
  };
  for (const step of part.steps) {
    // An earlier step has removed it, or moved it there: it was looked at where it stands now.
    if (isAtOrBelow(step.path, seen)) continue;
    const before = step.do === 'link' ? null : step.before;
    if (step.do === 'unlink' || step.do === 'link') see(step.path);
    if (!isSame(place.print(step.path), before)) throw changed(part, step.path);
    if (step.do === 'put' || step.do === 'remove') see(step.path);
    if ((step.do === 'put' || step.do === 'write') && isGone(step, place))
      throw new HomeostatError(
        'world_changed',
        `what was staged for ${part.root}/${textOf(step.path)} is gone`,
      );
    if (step.do !== 'remove' || step.below === null) continue;
    // Not where steps before it take something out of it: what is then left nobody has told.
    if (applyNext && !opened.has(step.path)) continue;
    if (belowDigest(place.entry(step.path)).digest !== step.below.digest)
      throw changed(part, `${step.path}/`);
  }
}

/** What it takes from an earlier step is there only then. */
const isGone = ({ from, after, do: kind }: Extract<Step, { from: string }>, place: Place): boolean => {
  if (from.startsWith(`${place.own}/pre/`)) return false;
  const inode = inodeAt(place.stored(from));
  return kind === 'put' ? inode !== after.ino : inode === null;
};

const changed = (part: Part, path: string): HomeostatError =>
  new HomeostatError(
    'world_changed',
    `${part.root}/${textOf(path)} is not as it was when the change was worked out`,
  );

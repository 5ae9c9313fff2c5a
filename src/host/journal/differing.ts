import { type Plan, type Print, type Step, folderOf, isSame } from '../../core/plan.ts';
import { textOf } from './folders.ts';
import { Place, laterPath } from './place.ts';

/** The first path, absolute, that does not stand as a plan that an action applied left it; null where all do. */
export function differing(plan: Plan, action: string): string | null {
  for (const [index, part] of plan.parts.entries()) {
    const place = new Place(part, folderOf(action, index));
    try {
      const other = part.steps.find((step, number) =>
        step.do === 'remove' || step.do === 'unlink'
          ? isRemaining(step.path, place)
          : !isSame(standing(step, number, place), step.after),
      );
      if (other !== undefined) return `${part.root}/${textOf(other.path)}`;
    } finally {
      place.folders.close();
    }
  }
  return null;
}

/** What a later step has moved is looked at where it is now; what one has taken away is not asked for. */
function standing(
  { path, after }: Extract<Step, { after: Print }>,
  number: number,
  place: Place,
): Print | null {
  const now = laterPath(path, number, place.part, place.own);
  return now === null ? after : place.print(now);
}

/** Unless another step has put something else there, or above it. */
const isRemaining = (path: string, place: Place): boolean =>
  place.print(path) !== null &&
  !place.part.steps.some(
    (step) => (step.do === 'put' || step.do === 'link') && `${path}/`.startsWith(`${step.path}/`),
  );

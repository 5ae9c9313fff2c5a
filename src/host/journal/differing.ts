import { type Plan, isSame } from '../../core/plan.ts';
import { textOf } from './folders.ts';
import { Place } from './place.ts';

/** The first path, absolute, that does not stand as an applied plan left it; null where all do. */
export function differing(plan: Plan): string | null {
  for (const part of plan.parts) {
    const place = new Place(part, '');
    try {
      const other = part.steps.find((step) =>
        step.do === 'remove' || step.do === 'unlink'
          ? isRemaining(step.path, place)
          : !isSame(place.print(step.path), step.after),
      );
      if (other !== undefined) return `${part.root}/${textOf(other.path)}`;
    } finally {
      place.folders.close();
    }
  }
  return null;
}

/** Unless another step has put something else there, or above it. */
const isRemaining = (path: string, place: Place): boolean =>
  place.print(path) !== null &&
  !place.part.steps.some(
    (step) => (step.do === 'put' || step.do === 'link') && `${path}/`.startsWith(`${step.path}/`),
  );

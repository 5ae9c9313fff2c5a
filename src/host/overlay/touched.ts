import type { ChangeKind } from '../../core/effects.ts';
import type { Part, Print } from '../../core/plan.ts';
import { sameButTimes } from './attributes.ts';
import { pathsBelow } from './below.ts';
import { latin1 } from './lower.ts';
import { textOfName } from './names.ts';
import { originsOf } from './origins.ts';

interface Touched {
  readonly path: string;
  readonly change: ChangeKind;
}

/**
 * Every path that a part changes, absolute, down to the last one below a folder that comes, goes or is renamed: what
 * the rules are asked about, where what people are shown is cut. A folder of which the times alone change is left
 * out. To be asked before the steps are done.
 */
export function* touchedPaths({ root, store, steps }: Part, own: string): Generator<Touched> {
  const origins = originsOf(steps, own);
  const [lower, upper] = [latin1(root), latin1(store)];
  const absolute = (path: string): string => (path === '' ? root : `${root}/${textOfName(path)}`);
  function* whole(path: string, change: ChangeKind, print: Print, at: string): Generator<Touched> {
    yield { path: absolute(path), change };
    if (print.type !== 'directory') return;
    for (const below of pathsBelow(at)) yield { path: absolute(`${path}/${below.path}`), change };
  }
  for (const step of steps) {
    const { path } = step;
    if (step.do === 'remove') yield* whole(path, 'delete', step.before, `${lower}/${path}`);
    else if (step.do === 'put') {
      const source = origins.taken(step);
      const stands = step.before ?? origins.replaced(path);
      const at = source === null ? `${upper}/${step.from}` : `${lower}/${source.path}`;
      yield* whole(path, stands === null ? 'create' : 'modify', step.after, at);
    } else if (step.do === 'unlink') yield { path: absolute(path), change: 'delete' };
    else if (step.do === 'link') yield { path: absolute(path), change: 'create' };
    else if (step.before.type !== 'directory' || !sameButTimes(step.before, step.after))
      yield { path: absolute(path), change: 'modify' };
  }
}

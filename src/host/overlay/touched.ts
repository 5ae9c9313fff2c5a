import type { ChangeKind } from '../../core/effects.ts';
import type { Part, Print } from '../../core/plan.ts';
import { sameButTimes } from './attributes.ts';
import { pathsBelow } from './below.ts';
import { isSetId } from '../journal/print.ts';
import { latin1 } from './lower.ts';
import { textOfName } from './names.ts';
import { originsOf } from './origins.ts';

interface Touched {
  readonly path: string;
  readonly change: ChangeKind | 'rename';
  /** Where what is renamed stood, absolute. */
  readonly from?: string;
  /** Where the new entry lies before the steps are done, absolute in latin1; only for what a folder brings. */
  readonly at?: string;
  /** Whether it runs with somebody else's rights, where that is known without looking. */
  readonly setid?: boolean;
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
  function* whole(
    path: string,
    change: Touched['change'],
    print: Print,
    at: string,
    { from, setid }: { readonly from?: string; readonly setid?: boolean | undefined } = {},
  ): Generator<Touched> {
    const told = (inner: string): Touched => ({
      path: absolute(path + inner),
      change,
      at: at + inner,
      ...(from === undefined ? {} : { from: absolute(from + inner) }),
    });
    yield from === undefined
      ? { ...told(''), setid: print.type === 'file' && isSetId(print.mode) }
      : told('');
    if (print.type !== 'directory') return;
    // One that holds such a file does not tell which.
    const none = setid === false ? { setid } : {};
    for (const below of pathsBelow(at)) yield { ...told(`/${below.path}`), ...none };
  }
  const moved = new Set(steps.map((step) => (step.do === 'put' ? origins.taken(step) : null)));
  for (const step of steps) {
    const { path } = step;
    if (step.do === 'remove') {
      if (!moved.has(step)) yield* whole(path, 'delete', step.before, `${lower}/${path}`);
    } else if (step.do === 'put') {
      const source = origins.taken(step);
      const stands = step.before ?? origins.replaced(path);
      if (source !== null)
        yield* whole(path, 'rename', source.before, `${lower}/${source.path}`, { from: source.path });
      else
        yield* whole(path, stands === null ? 'create' : 'modify', step.after, `${upper}/${step.from}`, {
          setid: step.filled?.setid,
        });
    } else if (step.do === 'unlink') yield { path: absolute(path), change: 'delete' };
    else if (step.do === 'link') yield { path: absolute(path), change: 'create' };
    else if (step.before.type !== 'directory' || !sameButTimes(step.before, step.after))
      yield { path: absolute(path), change: 'modify' };
  }
}

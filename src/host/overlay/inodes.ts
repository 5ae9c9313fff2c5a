import type { Print } from '../../core/plan.ts';
import { type Layer, type UpperEntry, placeOf, resolveRedirect } from './layer.ts';
import { type Lower, latin1 } from './lower.ts';
import type { Flavour } from './marks.ts';
import { sameContent } from './same-content.ts';

/** An inode of the upper layer that is no folder, with all its names there. */
export interface UpperInode {
  readonly names: readonly [UpperEntry, ...UpperEntry[]];
  /** The inode of the lower layer that lives on under these names; null where the upper one takes its place. */
  readonly kept: Kept | null;
}

export interface Kept {
  /** A path that it has in the lower layer. */
  readonly source: string;
  readonly print: Print;
  /** Those of the names that it has in the lower layer already. */
  readonly staying: ReadonlySet<UpperEntry>;
  /** Whether the upper inode has another content, which is to be written into it. */
  readonly rewritten: boolean;
}

/**
 * Finds out which lower inode each upper one stands for. It is kept where its content is still the one that counts,
 * and where it has names of which the upper layer need not know. Everything else is as good as new.
 */
export function upperInodes(
  layer: Layer,
  flavour: Flavour,
  root: string,
  folder: string,
  lower: Lower,
): UpperInode[] {
  const groups = new Map<string, [UpperEntry, ...UpperEntry[]]>();
  for (const entry of layer.entries) {
    if (entry.print.type === 'directory') continue;
    const group = groups.get(entry.print.ino);
    if (group === undefined) groups.set(entry.print.ino, [entry]);
    else group.push(entry);
  }
  const moved = movedAway(layer, lower);
  const taken = new Set<string>();
  return [...groups.values()].map((names) => {
    const found = sourceOf(names, flavour, lower, moved);
    const source = found === null ? null : lower.print(found.path);
    if (found === null || source === null) return { names, kept: null };
    const [name] = names;
    const { print, marks } = name;
    const isSame =
      marks.metacopy ||
      sameContent(
        { path: `${latin1(root)}/${found.path}`, print: source },
        { path: `${latin1(folder)}/${placeOf(name)}`, print },
      );
    const isKept = isSame || (found.certain && source.links > 1 && source.type === 'file');
    // Without an index each name of a lower inode has its own copy, of which only one can live on in it; a copy of the
    // attributes alone has no content that could stand for itself.
    if (!isKept || (taken.has(source.ino) && !marks.metacopy)) return { names, kept: null };
    taken.add(source.ino);
    const staying = names.filter(
      ({ natural }) => natural !== null && lower.print(natural)?.ino === source.ino,
    );
    return {
      names,
      kept: { source: found.path, print: source, staying: new Set(staying), rewritten: !isSame },
    };
  });
}

interface Found {
  readonly path: string;
  /** Whether the kernel says so, or only the place. */
  readonly certain: boolean;
}

function sourceOf(
  names: readonly UpperEntry[],
  flavour: Flavour,
  lower: Lower,
  moved: () => Moved,
): Found | null {
  const [first] = names;
  if (first === undefined) return null;
  const { marks, print } = first;
  if (marks.metacopy) {
    const path = resolveRedirect(marks, first.parent, lower) ?? first.natural;
    if (path === null || lower.print(path)?.type !== 'file') throw lower.changed(path ?? first.path);
    return { path, certain: true };
  }
  const places = names.flatMap(({ natural }) =>
    natural !== null && lower.print(natural)?.type === print.type ? [natural] : [],
  );
  const { origin } = marks;
  // An ordinary user's overlay does not tell the origin.
  if (origin === '' || flavour === 'user')
    return places[0] === undefined ? null : { path: places[0], certain: false };
  if (origin === null) return null;
  const path = places.find((place) => lower.handle(place) === origin) ?? moved().get(origin);
  return path === undefined ? null : { path, certain: true };
}

type Moved = ReadonlyMap<string, string>;

/** The lower paths, by handle, that no longer stand where they stood: made only where somebody asks. */
function movedAway({ entries }: Layer, lower: Lower): () => Moved {
  let made: Map<string, string> | null = null;
  return () => {
    if (made !== null) return made;
    made = new Map();
    for (const entry of entries) {
      const hidden = entry.natural === null || entry.natural === entry.source ? [] : [entry.natural];
      const gone = entry.source === null ? [] : entry.whiteouts;
      for (const path of [...hidden, ...gone].filter((one) => lower.print(one) !== null)) {
        for (const leaf of lower.leaves(path)) {
          const handle = lower.handle(leaf);
          if (handle !== null) made.set(handle, leaf);
        }
      }
    }
    return made;
  };
}

import type { Step } from '../../core/plan.ts';

type Put = Extract<Step, { do: 'put' }>;
type Remove = Extract<Step, { do: 'remove' }>;

/** Which of a part's paths stood where before its first step. */
export interface Origins {
  /** Where what is at a path after the steps was before them; null for what is new. */
  of(path: string): string | null;
  /** The removal that a put takes its entry from; null where it takes it from the upper layer. */
  taken(step: Put): Remove | null;
  /** What was removed at a path for something new there, neither of the two being a folder. */
  replaced(path: string): Remove | null;
  /** What else was removed and is not put elsewhere. */
  readonly lost: readonly Remove[];
}

/** `own` is the folder, in the store, of the action and part that the steps are of. */
export function originsOf(steps: readonly Step[], own: string): Origins {
  const pre = `${own}/pre/`;
  const taken = (step: Put): Remove | null => {
    const source = step.from.startsWith(pre) ? steps[Number(step.from.slice(pre.length))] : undefined;
    return source?.do === 'remove' ? source : null;
  };
  /** By path: where what is put there comes from, null for what is new. */
  const arrivals = new Map<string, string | null>();
  const moved = new Set<Remove>();
  const fresh: string[] = [];
  for (const step of steps) {
    if (step.do === 'link') arrivals.set(step.path, null);
    if (step.do !== 'put') continue;
    const source = taken(step);
    arrivals.set(step.path, source?.path ?? null);
    if (source !== null) moved.add(source);
    else if (step.after.type !== 'directory') fresh.push(step.path);
  }
  const of = (path: string): string | null => arrivals.get(path) ?? (arrivals.has(path) ? null : place(path));
  /** Where a path was if nothing but the folders above it was moved. */
  const place = (path: string): string | null => {
    const slash = path.lastIndexOf('/');
    if (slash < 0) return path;
    const folder = of(path.slice(0, slash));
    return folder === null ? null : `${folder}${path.slice(slash)}`;
  };
  const gone = steps.filter((step): step is Remove => step.do === 'remove' && !moved.has(step));
  const places = new Set(fresh.map(place));
  const replaced = new Map(
    gone.flatMap((step) =>
      step.before.type !== 'directory' && places.has(step.path) ? [[step.path, step] as const] : [],
    ),
  );
  return {
    of,
    taken,
    replaced: (path) => replaced.get(place(path) ?? '') ?? null,
    lost: gone.filter(({ path }) => !replaced.has(path)),
  };
}

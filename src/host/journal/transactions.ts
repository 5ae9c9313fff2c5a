import { randomBytes } from 'node:crypto';
import { lstatSync, mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Described } from '../../core/effects.ts';
import { HomeostatError } from '../../core/errors.ts';
import { isInside } from '../../core/inside.ts';
import type { Part, Plan } from '../../core/plan.ts';
import { folderOf } from '../../core/plan.ts';
import type { Objects, TransactionOptions } from '../../core/host.ts';
import type { Workspace } from '../../core/principal.ts';
import type { Transactions } from '../../core/transactions.ts';
import { readUpper } from '../overlay/upper.ts';
import { applyPlan } from './apply.ts';
import { removeTree } from './discard.ts';
import { fsPath, isSetId } from './print.ts';
import { checkPlan } from './check.ts';
import { inverseOf } from './inverse.ts';
import { differing } from './differing.ts';
import { describePart } from '../overlay/describe.ts';
import { type OtherNames, otherNames } from '../overlay/other-names.ts';
import { inertOf } from '../overlay/repositories.ts';
import { touchedPaths } from '../overlay/touched.ts';
import { planChanges } from './plan-changes.ts';
import { storeOf } from './store.ts';
import { syncAhead } from './sync.ts';
import { takeBack } from './take-back.ts';

/** The journal of one action on this machine. */
export function openTransactions(
  options: TransactionOptions,
  { stages, objects }: { stages: string; objects: Objects },
): Transactions {
  const { action, workspace, trace } = options;
  const started = new Map<string, bigint>();
  const store = (root: string): string => {
    const folder = storeOf(root, stages);
    options.onStore(folder);
    return folder;
  };
  const flushing: Promise<{ reason: Error | null }>[] = [];
  const names = new WeakMap<Plan, OtherNames>();
  const namesOf = (plan: Plan): OtherNames => {
    const known = names.get(plan) ?? otherNames(plan, workspace.roots);
    names.set(plan, known);
    return known;
  };
  const planning = { roots: workspace.roots, storeOf: store, objects };
  return {
    missing() {
      try {
        const within = workspace.roots.find((root) => isInside(storeOf(root, stages), root));
        if (within === undefined) return null;
        return `${within} is a whole file system, which leaves no place beside it for its overlay`;
      } catch (error) {
        if (error instanceof HomeostatError && error.code === 'no_store') return error.message;
        throw error;
      }
    },
    async open() {
      const layers = workspace.roots.map((root, index) => {
        const folder = join(store(root), folderOf(action, index));
        // What is staged anew begins with nothing.
        removeTree(folder);
        mkdirSync(folder, { recursive: true, mode: 0o700 });
        // By the file system's own clock, which may be some milliseconds behind the machine's.
        started.set(root, statSync(folder, { bigint: true }).ctimeNs);
        return { root, folder };
      });
      return layers;
    },
    async read(layers, rung) {
      const parts = layers.map(({ root, folder }, index) =>
        looking(root, folder, () =>
          readUpper({
            root,
            store: storeOf(root, stages),
            action: folderOf(action, index),
            flavour: rung === 'root_overlay' ? 'trusted' : 'user',
            startedNs: started.get(root) ?? 0n,
            onMany: () => flushing.push(settled(syncAhead(folder))),
          }),
        ),
      );
      return { parts };
    },
    async flushed() {
      for (const { reason } of await Promise.all(flushing.splice(0))) if (reason !== null) throw reason;
    },
    plan: async (set) => planChanges(set, { action, ...planning }),
    async restore(set) {
      // A place of its own each time, so that what an attempt that was killed left is in nobody's way.
      const again = `${action}/again-${randomBytes(6).toString('hex')}`;
      applyPlan(await planChanges(set, { action: again, ...planning }), again, trace);
    },
    differing: (plan) => differing(plan, action),
    describe(plan) {
      const all = plan.parts.flatMap((part, index) => {
        const own = folderOf(action, index);
        return looking(part.root, join(part.store, own), () => described(part, own, options));
      });
      return [...all, ...alsoChanged(namesOf(plan), all)];
    },
    reachesOut: (plan) => namesOf(plan).elsewhere,
    adopt: (plan, of) => adopted(plan, of, action),
    check(plan, applyNext = false) {
      checkRoots(plan, workspace);
      checkPlan(plan, action, applyNext);
    },
    apply(plan) {
      checkRoots(plan, workspace);
      return applyPlan(plan, action, trace);
    },
    takeBack: (plan) => takeBack(plan, action),
    inverse(plan, of, force) {
      checkRoots(plan, workspace);
      return inverseOf(plan, { of, by: action, force, formerTime: options.formerTime });
    },
  };
}

/** What went wrong, for whoever asks later. */
const settled = async (work: Promise<void>): Promise<{ reason: Error | null }> =>
  work.then(
    () => ({ reason: null }),
    (reason: Error) => ({ reason }),
  );

/** An ordinary user may be left with folders of its own that it may not look into, and so cannot tell what they hold. */
function looking<T>(root: string, folder: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    const { code, path } = error as NodeJS.ErrnoException;
    if (code !== 'EACCES' || path === undefined) throw error;
    const inRoot = path.replace(join(folder, 'upper'), root).replace(/\/$/, '');
    throw new HomeostatError('command_failed', `nobody may look into ${inRoot} as it was left, or below it`, {
      next: 'Leave folders so that their owner may read and enter them (chmod u+rx); nothing was changed.',
      cause: error,
    });
  }
}

/** A plan that was made on another connection acts only where this one may. */
function checkRoots(plan: Plan, { roots }: Workspace): void {
  for (const { root, steps } of plan.parts) {
    if (steps.length === 0 || roots.some((own) => isInside(root, own))) continue;
    throw new HomeostatError('outside_roots', `${root} is outside ${roots.join(', ')}`);
  }
}

function adopted(plan: Plan, of: string, by: string): Plan {
  const parts = plan.parts.map((part, index) => {
    const [old, own] = [`${folderOf(of, index)}/pre/`, `${folderOf(by, index)}/pre/`];
    const steps = part.steps.map((step) =>
      step.do === 'put' && step.from.startsWith(old)
        ? { ...step, from: own + step.from.slice(old.length) }
        : step,
    );
    return { ...part, steps };
  });
  return { parts };
}

/** What a part changes, and by themselves the paths below its folders that a rule speaks of. */
function described(
  part: Part,
  own: string,
  { isSecret, isNotable, fingerprint }: TransactionOptions,
): Described[] {
  const all = describePart(part, own, isSecret, fingerprint);
  const told = new Set(all.map(({ change }) => change.path));
  const touched = [...touchedPaths(part, own)];
  const inert = inertOf(
    touched.flatMap(({ path, change, at }) =>
      change === 'create' && at !== undefined ? [{ path, at }] : [],
    ),
  );
  for (const { path, change, from, at, setid: known } of touched) {
    const setid = change === 'create' && at !== undefined && (known ?? setsId(at));
    const speaks = setid || isNotable(path) || (from !== undefined && isNotable(from));
    if (told.has(path) || !speaks || inert.some((git) => isInside(path, git))) continue;
    told.add(path);
    const more = { ...(from === undefined ? {} : { from }), ...(setid ? { setid } : {}) };
    all.push({ change: { path, change, bytes: 0, was: 0, ...more }, before: null, after: null });
  }
  return all.map((one) =>
    inert.some((git) => isInside(one.change.path, git))
      ? { ...one, change: { ...one.change, inert: true } }
      : one,
  );
}

/** Whether a file in a folder that comes runs with somebody else's rights. */
function setsId(at: string): boolean {
  const stats = lstatSync(fsPath(at), { throwIfNoEntry: false });
  return stats?.isFile() === true && isSetId(stats.mode);
}

/** The further names of files that change in place, which change with them. */
function alsoChanged({ inside }: OtherNames, told: readonly Described[]): Described[] {
  const paths = new Set(told.map(({ change }) => change.path));
  return inside
    .filter((path) => !paths.has(path))
    .map((path) => ({
      change: { path, change: 'modify', bytes: 0, was: 0 },
      before: null,
      after: null,
    }));
}

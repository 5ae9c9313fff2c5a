import { mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { HomeostatError } from '../../core/errors.ts';
import { isInside } from '../../core/inside.ts';
import type { Plan } from '../../core/plan.ts';
import { folderOf } from '../../core/plan.ts';
import type { TransactionOptions } from '../../core/host.ts';
import type { Workspace } from '../../core/principal.ts';
import type { Transactions } from '../../core/transactions.ts';
import { readUpper } from '../overlay/upper.ts';
import { applyPlan } from './apply.ts';
import { checkPlan } from './check.ts';
import { inverseOf } from './inverse.ts';
import { storeOf } from './store.ts';
import { takeBack } from './take-back.ts';

/** The journal of one action on this machine. */
export function openTransactions(options: TransactionOptions, stages: string): Transactions {
  const { action, workspace, trace } = options;
  const started = new Map<string, bigint>();
  return {
    missing() {
      try {
        workspace.roots.forEach((root) => storeOf(root, stages));
        return null;
      } catch (error) {
        if (error instanceof HomeostatError && error.code === 'no_store') return error.message;
        throw error;
      }
    },
    async open() {
      const layers = workspace.roots.map((root, index) => {
        const folder = join(storeOf(root, stages), folderOf(action, index));
        mkdirSync(folder, { recursive: true, mode: 0o700 });
        // By the file system's own clock, which may be some milliseconds behind the machine's.
        started.set(root, statSync(folder, { bigint: true }).ctimeNs);
        return { root, folder };
      });
      return layers;
    },
    async read(layers) {
      const parts = layers.map(({ root }, index) =>
        readUpper({
          root,
          store: storeOf(root, stages),
          action: folderOf(action, index),
          startedNs: started.get(root) ?? 0n,
        }),
      );
      return { parts };
    },
    effects: async (plan, note) => describePlan(plan, note, options),
    adopt: (plan, of) => adopted(plan, of, action),
    check(plan) {
      checkRoots(plan, workspace);
      checkPlan(plan, action);
    },
    apply(plan) {
      checkRoots(plan, workspace);
      return applyPlan(plan, action, trace);
    },
    takeBack: (plan) => takeBack(plan, action),
    inverse(plan, of, force) {
      checkRoots(plan, workspace);
      return inverseOf(plan, { of, by: action, force });
    },
  };
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

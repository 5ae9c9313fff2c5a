import type { Effects } from '../../core/effects.ts';
import type { Plan } from '../../core/plan.ts';
import { textOf } from '../journal/folders.ts';

export async function describePlan(plan: Plan, note: string, _: unknown): Promise<Effects> {
  const changes = plan.parts.flatMap(({ root, steps }) =>
    steps.flatMap((step): Effects['changes'] => {
      const path = step.path === '' ? root : `${root}/${textOf(step.path)}`;
      if (step.do === 'attributes' && step.after.type === 'directory' && step.before.mode === step.after.mode)
        return [];
      if (step.do === 'remove')
        return [
          {
            path,
            change: 'delete',
            bytes: 0,
            was: step.before.size,
            ...(step.do === 'remove' && step.below ? { entries: step.below.entries } : {}),
          },
        ];
      const before = step.do === 'link' ? null : step.before;
      return [
        {
          path,
          change: before === null ? 'create' : 'modify',
          bytes: step.after.size,
          was: before?.size ?? 0,
        },
      ];
    }),
  );
  return { known: true, note, changes, diff: '' };
}

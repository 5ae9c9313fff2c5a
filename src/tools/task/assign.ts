import * as z from 'zod';
import { cardLimitsSchema } from '../../core/card.ts';
import type { QueryContext } from '../../core/context.ts';
import { HomeostatError } from '../../core/errors.ts';
import { taskDraftSchema } from '../../core/tasks.ts';
import { defineQuery } from '../../core/tool.ts';
import { shownTask, shownTaskSchema } from './shown.ts';

const MOST = 12;

export const assignTasks = defineQuery({
  name: 'assign_tasks',
  title: 'Assign tasks',
  description:
    'Hand out tasks to other cards, all or none; what is ready begins at once. Each runs under its own card, and never further than yours.',
  toolset: 'agents',
  // It touches nothing itself; what is done for a task is assessed, held and recorded like any other action.
  annotations: { readOnlyHint: false, destructiveHint: false, idempotentHint: true, openWorldHint: false },
  input: z.object({ tasks: z.array(taskDraftSchema).min(1).max(MOST) }),
  output: z.object({
    tasks: z.array(shownTaskSchema.pick({ id: true, name: true, card: true, state: true })),
    at_most: cardLimitsSchema.describe('That their runs may use up together'),
  }),

  async run({ tasks }, ctx) {
    const drafts = await Promise.all(
      tasks.map(async (task) => ({
        ...task,
        resources: await Promise.all((task.resources ?? []).map(async (one) => resolved(one, ctx))),
      })),
    );
    const { tasks: assigned, atMost } = ctx.coordination.assign(drafts);
    return { tasks: assigned.map((task) => shownTask(task)), at_most: atMost };
  },
});

/** A path as it really is, inside the roots; a service's or container's name as it stands. */
async function resolved(resource: string, ctx: QueryContext): Promise<string> {
  if (!/^[a-z]+:/.test(resource)) return ctx.files.resolve(resource, true);
  if (/^(?:container|service):[\w.@-]+$/.test(resource)) return resource;
  throw new HomeostatError('invalid_input', `${resource} is no path, container:NAME or service:NAME`);
}

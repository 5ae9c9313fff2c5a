import { setTimeout as sleep } from 'node:timers/promises';
import * as z from 'zod';
import { HomeostatError } from '../../core/errors.ts';
import type { Task } from '../../core/tasks.ts';
import { defineQuery } from '../../core/tool.ts';
import { shownTask, shownTaskSchema } from './shown.ts';

const LONGEST_S = 300;
const POLL_MS = 100;

export const awaitTasks = defineQuery({
  name: 'await_tasks',
  title: 'Await tasks',
  description:
    'Wait for tasks of your goal to end, and tell what they came to. Answers after wait_seconds at the latest.',
  toolset: 'agents',
  annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false },
  input: z.object({
    names: z.array(z.string()).max(12).optional().describe('Default: all'),
    wait_seconds: z.number().min(0).max(LONGEST_S).optional(),
  }),
  output: z.object({ tasks: z.array(shownTaskSchema), ended: z.boolean().describe('Whether all have') }),

  async run({ names, wait_seconds = LONGEST_S }, ctx) {
    const deadline = Date.now() + wait_seconds * 1000;
    for (;;) {
      const tasks = named(ctx.coordination.tasks(), names);
      const ended = tasks.every(({ state }) => state !== 'queued' && state !== 'running');
      if (ended || Date.now() >= deadline || ctx.signal.aborted)
        return { tasks: tasks.map(shownTask), ended };
      await sleep(POLL_MS, undefined, { signal: ctx.signal }).catch(() => undefined);
    }
  },
});

function named(tasks: readonly Task[], names: readonly string[] | undefined): readonly Task[] {
  const unknown = names?.find((name) => !tasks.some((task) => task.name === name));
  if (unknown !== undefined) throw new HomeostatError('not_found', `this goal has no task ${unknown}`);
  return names === undefined ? tasks : tasks.filter(({ name }) => names.includes(name));
}

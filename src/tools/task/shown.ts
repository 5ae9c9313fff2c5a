import * as z from 'zod';
import { type Task, taskSchema } from '../../core/tasks.ts';

/** A task as agents of its goal see it. */
export const shownTaskSchema = taskSchema.pick({
  id: true,
  name: true,
  card: true,
  state: true,
  why: true,
  after: true,
  resources: true,
  result: true,
});

export const shownTask = (task: Task): z.infer<typeof shownTaskSchema> => shownTaskSchema.parse(task);

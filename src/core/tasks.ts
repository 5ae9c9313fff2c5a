import * as z from 'zod';
import type { CardLimits } from './card.ts';

/** Of the shapes in this file; `docs/coordination.md` says what they mean. */
export const PROTOCOL = 1;

/** By which the run that hands out tasks is written to. */
export const LEAD = 'orchestrator';

const MOST_AFTER = 12;
const taskName = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,39}$/)
  .refine((name) => name !== LEAD, `${LEAD} is who hands out the tasks`);

/** What is asked for: a piece of work that can be checked, and for which card it is. */
export const taskDraftSchema = z.strictObject({
  name: taskName,
  card: z.string().min(1).max(40),
  goal: z.string().trim().min(1).max(1000),
  check: z.string().max(500).optional().describe('How one sees that it is done'),
  resources: z
    .array(z.string().min(1).max(500))
    .max(10)
    .optional()
    .describe('Paths, container:NAME, service:NAME it works on; none: it runs alone'),
  after: z.array(taskName).max(MOST_AFTER).optional().describe('Tasks that must be done before'),
});
export type TaskDraft = z.infer<typeof taskDraftSchema>;

/**
 * `queued` waits for its turn; `running` has a run that is not over, also where nobody works on it at this moment;
 * `done` ended with an answer and left nothing open; `failed` ended otherwise; `escalated` needs a person; `cancelled`
 * was never begun, since one that had to be done before it was not.
 */
export const TASK_STATES = ['queued', 'running', 'done', 'failed', 'escalated', 'cancelled'] as const;
const taskStateSchema = z.enum(TASK_STATES);
export type TaskState = z.infer<typeof taskStateSchema>;

/** An action of a task's run, as the record has it. */
const taskDeedSchema = z.object({
  action_id: z.string(),
  tool: z.string(),
  outcome: z.string(),
  error: z.string().nullable(),
  audit: z.array(z.number().int()).describe('Sequence numbers of its records'),
});
export type TaskDeed = z.infer<typeof taskDeedSchema>;

/** What a task's run came to; all but `said` is taken from the record. */
export const taskResultSchema = z.object({
  run: z.string(),
  agent: z.string(),
  stop: z.string(),
  said: z.string().describe('The model’s own words; they prove nothing'),
  done: z.array(taskDeedSchema),
  undone: z.array(taskDeedSchema),
  left: z.array(taskDeedSchema),
  refused: z.array(taskDeedSchema),
  left_off: z.number().int().describe('Actions that are not listed'),
});
export type TaskResult = z.infer<typeof taskResultSchema>;

export const taskSchema = z.object({
  version: z.literal(PROTOCOL),
  id: z.string(),
  /** The run that handed it out, and the card which that run works under. */
  parent: z.string(),
  assigned_under: z.string(),
  name: z.string(),
  card: z.string(),
  goal: z.string(),
  check: z.string().nullable(),
  resources: z.array(z.string()),
  after: z.array(z.string()),
  /** Tasks whose end it waits for after a conflict, however they end. */
  behind: z.array(z.string()),
  state: taskStateSchema,
  why: z.string().nullable(),
  /** The runs that worked on it, the last one last. */
  runs: z.array(z.string()),
  result: taskResultSchema.nullable(),
  created: z.string(),
  started: z.string().nullable(),
  ended: z.string().nullable(),
});
export type Task = z.infer<typeof taskSchema>;

/** What agents of one goal may write; a `result` is written by homeostat alone. */
export const messageDraftSchema = z.strictObject({
  to: z.string().min(1).max(40).describe(`Name of a task, or ${LEAD}`),
  kind: z.enum(['notice', 'question', 'answer']),
  text: z.string().trim().min(1).max(1000),
});
export type MessageDraft = z.infer<typeof messageDraftSchema>;

/** `from` and `to` are names of tasks, or `orchestrator`; `task` is the one that it is about, null for none. */
export interface Message {
  readonly version: typeof PROTOCOL;
  /** Counts up, over all goals. */
  readonly id: number;
  readonly parent: string;
  readonly from: string;
  readonly to: string;
  readonly task: string | null;
  readonly kind: MessageDraft['kind'] | 'result';
  readonly text: string;
  readonly time: string;
}

/** What all runs of some tasks together may use up at most. */
export type AtMost = CardLimits;

/** What an agent of a goal can do; the goal is that of the caller's run, whatever the input says. */
export interface Coordination {
  /** All of them or none; those that are there already, to the letter, are answered again. */
  assign(drafts: readonly TaskDraft[]): { tasks: Task[]; atMost: AtMost };
  tasks(): Task[];
  send(draft: MessageDraft): Message;
}

/** What the runner does with tasks, in the process of the person who started it; no tool reaches it. */
export interface TaskKeeper {
  /** Throws `not_found`. */
  task(id: string): Task;
  /** The task that a run works on, or has worked on; null for any other run. */
  taskOf(run: string): Task | null;
  /** In the order in which they were assigned. */
  ofGoal(parent: string): Task[];
  messages(parent: string): Message[];
  /** What was written to a run after a message. */
  inbox(run: string, after: number): Message[];
  /** Gives a queued task a run of its own; one that has one goes on with it. Throws `emergency_stopped`. */
  start(id: string): Task;
  /** Queues a running task again, to be begun anew when those others have ended. */
  putBehind(id: string, others: readonly string[], result: TaskResult, why: string): void;
  end(
    id: string,
    state: Exclude<TaskState, 'queued' | 'running'>,
    result: TaskResult | null,
    why: string | null,
  ): void;
}

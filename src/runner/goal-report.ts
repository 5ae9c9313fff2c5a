import type { Task } from '../core/tasks.ts';
import { type AskHouse, recordsOf } from './record.ts';
import { type DeedLists, deedLists } from './report.ts';
import { agentOf } from './run.ts';

/** What became of one task of a goal. What its runs did is read from the record, not from what they reported. */
export interface TaskReport extends DeedLists, Pick<Task, 'id' | 'name' | 'card' | 'state' | 'why' | 'runs'> {
  readonly goal: string;
  /** What its model said last, which proves nothing; null where it has not ended. */
  readonly said: string | null;
  /** Sequence numbers of the records of its being handed out, begun and ended. */
  readonly audit: readonly number[];
}

/** One report of each task, in the order in which they were assigned. */
export async function taskReports(
  tasks: readonly Task[],
  user: string,
  ask: AskHouse,
): Promise<TaskReport[]> {
  const reports: TaskReport[] = [];
  for (const { id, name, card, state, why, runs, goal, result } of tasks) {
    const lists = await deedLists(
      runs.map((run) => agentOf(run, card, user)),
      ask,
    );
    const audit = await recordsOf(`task:${id}`, ask);
    reports.push({ id, name, card, state, why, runs, goal, said: result?.said ?? null, audit, ...lists });
  }
  return reports;
}

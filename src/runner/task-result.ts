import type { TaskDeed, TaskResult, TaskState } from '../core/tasks.ts';
import type { Deed } from './record.ts';
import type { RunReport } from './report.ts';

const MOST_SAID = 2000;
const MOST_DEEDS = 20;

/** Refusals that tell of somebody else at work on the same thing. */
const CONFLICTS = new Set(['resource_busy', 'world_changed']);

/** The report of a run as the store keeps it. */
export function resultOf({ run, agent, stop, said, done, undone, left, refused }: RunReport): TaskResult {
  const cut = (deeds: readonly Deed[]): TaskDeed[] =>
    deeds.slice(0, MOST_DEEDS).map(({ action_id, tool, outcome, error, audit }) => ({
      action_id,
      tool,
      outcome,
      error,
      audit: [...audit],
    }));
  const lists = [done, undone, left, refused];
  return {
    run,
    agent,
    stop,
    said: said.slice(0, MOST_SAID).toWellFormed(),
    done: cut(done),
    undone: cut(undone),
    left: cut(left),
    refused: cut(refused),
    left_off: lists.reduce((sum, list) => sum + Math.max(0, list.length - MOST_DEEDS), 0),
  };
}

/** How a task stands after a run of it; `open` where the run is to go on another time. */
export function verdictOf(report: RunReport): {
  readonly state: Extract<TaskState, 'done' | 'failed' | 'escalated'> | 'conflict' | 'open';
  readonly why: string | null;
} {
  const { stop, what, left, refused } = report;
  if (stop === 'interrupted' || stop === 'emergency_stop') return { state: 'open', why: stop };
  // Before a conflict: what is held or unknown may yet be done, and a run that begins anew would do it again.
  if (left.length > 0 || stop === 'approval_expired') {
    const waiting = left.map(({ action_id, outcome }) => `${action_id} ${outcome}`).join(', ');
    return { state: 'escalated', why: `a person has to look: ${waiting || what}` };
  }
  const conflict = refused.find((deed) => CONFLICTS.has(deed.error ?? '') && !wasDoneLater(deed, report));
  if (conflict !== undefined)
    return {
      state: 'conflict',
      why: `${conflict.error}: ${conflict.tool} on ${conflict.resources.join(', ')}`,
    };
  return stop === 'final_answer'
    ? { state: 'done', why: null }
    : { state: 'failed', why: `${stop}: ${what}` };
}

/** Whether the agent came through by itself: the same tool on the same thing. */
const wasDoneLater = ({ tool, resources, audit }: Deed, { done }: RunReport): boolean =>
  done.some(
    (deed) =>
      deed.tool === tool &&
      (deed.audit[0] ?? 0) > (audit[0] ?? 0) &&
      deed.resources.some((one) => resources.includes(one)),
  );

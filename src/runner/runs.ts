import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { TaskKeeper } from '../core/tasks.ts';
import { isBusy, linesIn, removeRun } from './journal.ts';
import { isOver } from './task-order.ts';

/** A run as its journal has it. */
export interface RunInfo {
  readonly id: string;
  readonly card: string;
  readonly goal: string;
  /** ISO 8601, UTC. */
  readonly begun: string;
  readonly steps: number;
  /** How it ended last; null where it was cut short, or is under way. */
  readonly stop: string | null;
  /** Whether a process works on it now. */
  readonly busy: boolean;
  /** Whether there is anything to go on with. */
  readonly open: boolean;
}

interface Kept {
  readonly info: RunInfo;
  readonly file: string;
  /** When something was last written to it. */
  readonly touchedMs: number;
}

const DAY_MS = 86_400_000;
/** How many journals are kept, and for how long; what can still go on is kept for a fortnight whatever their number. */
const MOST_RUNS = 100;
const MOST_DAYS = 90;
const OPEN_DAYS = 14;

/** A model that has answered may have handed out what is not done yet. */
type TasksOf = Pick<TaskKeeper, 'ofGoal'>;

/** Every run whose journal can be read, the newest first. */
export const runsIn = (folder: string, tasks: TasksOf): RunInfo[] =>
  keptIn(folder, tasks).map(({ info }) => info);

/** Removes the journals that are too old or too many, and answers whose; never one that is in use or may soon go on. */
export function collectRuns(folder: string, tasks: TasksOf, nowMs = Date.now()): string[] {
  const gone = keptIn(folder, tasks).filter(({ info: { busy, open }, touchedMs }, place) => {
    const days = (nowMs - touchedMs) / DAY_MS;
    return !busy && !(open && days < OPEN_DAYS) && (place >= MOST_RUNS || days > MOST_DAYS);
  });
  return gone.filter(({ file }) => isRemoved(file)).map(({ info }) => info.id);
}

/** What cannot be cleared away stops nobody who begins a run. */
function isRemoved(file: string): boolean {
  try {
    return removeRun(file);
  } catch {
    return false;
  }
}

/** Null where another process has cleared it away meanwhile. */
function readOf(file: string): { source: string; touchedMs: number } | null {
  try {
    return { source: readFileSync(file, 'utf8'), touchedMs: statSync(file).mtimeMs };
  } catch {
    return null;
  }
}

function keptIn(folder: string, tasks: TasksOf): Kept[] {
  if (!existsSync(folder)) return [];
  const names = readdirSync(folder).filter((name) => name.endsWith('.jsonl'));
  const found = names.flatMap((name) => {
    const file = join(folder, name);
    const read = readOf(file);
    const lines = read === null ? null : linesIn(read.source);
    const [begin] = lines ?? [];
    if (read === null || lines === null || begin?.kind !== 'run') return [];
    const { id, card, goal, time: begun } = begin;
    const last = lines.at(-1);
    const stop = last?.kind === 'ended' ? last.stop : null;
    const steps = lines.filter((line) => line.kind === 'turn' && line.turn.role === 'model').length;
    const busy = isBusy(file);
    const open = stop !== 'final_answer' || !tasks.ofGoal(id).every((task) => isOver(task));
    const info = { id, card, goal, begun, steps, stop, busy, open };
    return [{ info, file, touchedMs: read.touchedMs }];
  });
  return found.toSorted((a, b) => b.info.begun.localeCompare(a.info.begun));
}

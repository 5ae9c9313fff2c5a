import { setTimeout as sleep } from 'node:timers/promises';
import { HomeostatError } from '../../core/errors.ts';
import type { ProcessEnd, ProcessRequest } from '../../core/processes.ts';
import type { Limit } from '../../core/sandbox.ts';
import { BLANK } from '../../store/audit.ts';
import type { LongRunningRow } from '../../store/long-running.ts';
import type { House } from '../house.ts';
import { sizeOf } from '../snapshots/preserve.ts';
import { isRunning } from './list.ts';

/** Time between asking a process to end and ending it. */
const GRACE_MS = 2000;
/** How long the server of another connection may take to write down the end of a process. */
const ELSEWHERE_MS = 10_000;
const POLL_MS = 50;
const SERVER = 'homeostat';

interface Seen {
  readonly exitCode: number | null;
  readonly exceeded: Limit | null;
  readonly pulled: boolean;
}

/** Ends a process, whichever server it runs in, and returns when its end is on record. */
export async function stopProcess(id: string, by: string, graceMs: number, house: House): Promise<void> {
  const { longRunning } = house.store;
  const row = house.store.read(() => longRunning.get(id));
  if (row === null || row.ended_ms !== null) return;
  house.store.write(() => longRunning.askToEnd(id, by));
  const own = house.boxes.get(id);
  if (own !== undefined) {
    own.box.stop(graceMs);
    return own.done;
  }
  house.machine.killLeftovers(id);
  // Its server is gone, or could not write its end down.
  if (row.owner === house.machine.owner || !isRunning(row, house)) {
    endUnseen([row], house);
    return;
  }
  for (let waited = 0; waited < ELSEWHERE_MS; waited += POLL_MS) {
    if (house.store.read(() => longRunning.get(id))?.ended_ms !== null) return;
    await sleep(POLL_MS);
  }
  throw new HomeostatError('resource_busy', `process ${id} runs in another server, which did not end it`);
}

export const stopGently = async (id: string, by: string, house: House): Promise<void> =>
  stopProcess(id, by, GRACE_MS, house);

/** A server that ends ends its processes. */
export async function endProcesses(house: House): Promise<void> {
  await Promise.all([...house.boxes.keys()].map(async (id) => stopProcess(id, SERVER, 0, house)));
}

/** Writes down how a process ended, and with it what undo needs. */
export async function recordEnd(
  id: string,
  seen: Seen,
  settled: ProcessRequest['settled'],
  house: House,
): Promise<void> {
  const { longRunning, snapshots } = house.store;
  // Where it cannot be found out, what was kept at the start stays, and an undo is asked about.
  const kept = await settled().catch(() => null);
  house.store.write(() => {
    const row = longRunning.get(id);
    if (row === null || row.ended_ms !== null) return;
    // Retention may have let it go meanwhile, and with it what it names.
    if (kept !== null && snapshots.get(id) !== null) snapshots.put(id, kept.snapshot, sizeOf(kept.snapshot));
    const how = howOf(row, seen);
    const what = [saying(row, how, seen), ...protectedBy(kept?.protectedPaths ?? [])].join('; ');
    end(row, how, how === 'exited' ? seen.exitCode : null, what, house);
  });
  house.trace('process ended');
}

/** Ends on record what ran in servers that are gone; the kernel has ended it with them. */
export function endOrphans(house: House): void {
  const { longRunning } = house.store;
  const orphans = (): LongRunningRow[] =>
    longRunning.all().filter((row) => row.ended_ms === null && !isRunning(row, house));
  const found = house.store.read(orphans);
  for (const { id } of found) house.machine.killLeftovers(id);
  if (found.length > 0) endUnseen(found, house);
}

/** Two servers may come to it at once; one of them writes it down. */
function endUnseen(rows: readonly LongRunningRow[], house: House): void {
  const { longRunning } = house.store;
  house.store.write(() => {
    for (const row of rows)
      if (longRunning.get(row.id)?.ended_ms === null)
        end(row, 'interrupted', null, 'its server ended', house);
  });
}

function end(
  row: LongRunningRow,
  how: ProcessEnd,
  exitCode: number | null,
  said: string,
  house: House,
): void {
  house.store.longRunning.end(row.id, { ended_ms: Date.now(), how, exit_code: exitCode });
  house.store.audit.append({
    ...BLANK,
    event: 'process.ended',
    agent: row.agent,
    action: 'start_process',
    action_id: row.id,
    execution_time_ms: Date.now() - row.started_ms,
    detail: `${how}: ${said}`,
  });
}

/** What it could not be kept from: what was not there when it began, or was replaced meanwhile. */
const protectedBy = (paths: readonly string[]): string[] =>
  paths.length === 0
    ? []
    : [
        `it changed ${paths.length} paths that rules speak of: ${paths.slice(0, 5).join(', ').slice(0, 200).toWellFormed()}`,
      ];

function howOf({ stopped_by }: LongRunningRow, { exceeded, pulled }: Seen): ProcessEnd {
  if (pulled) return 'emergency_stop';
  if (exceeded !== null) return 'limit_exceeded';
  if (stopped_by === null) return 'exited';
  return stopped_by === SERVER ? 'server_ended' : 'stopped';
}

function saying({ stopped_by }: LongRunningRow, how: ProcessEnd, { exitCode, exceeded }: Seen): string {
  if (how === 'exited') return exitCode === null ? 'killed' : `exit code ${exitCode}`;
  if (how === 'limit_exceeded') return `it went over its limit on ${exceeded}`;
  return stopped_by === null ? 'the stop was pulled' : `by ${stopped_by}`;
}

import { HomeostatError } from '../../core/errors.ts';
import { isInside } from '../../core/inside.ts';
import type { ProcessRequest } from '../../core/processes.ts';
import { agentName } from '../../core/principal.ts';
import type { RunningBox } from '../../core/sandbox.ts';
import { checkAlive } from '../ending.ts';
import type { House } from '../house.ts';
import { heartbeat } from '../limits/leases.ts';
import type { Run } from '../run.ts';
import { recordEnd } from './end.ts';
import { isRunning } from './list.ts';

/** Of all agents together. */
const MOST_RUNNING = 16;
/** Logs of those that have ended are kept for so many. */
const KEPT_ENDED = 32;
/** They go on for as long as they like: their processor time is no limit. */
const CPU_SECONDS = 2 ** 31;

/** Starts a process that goes on after its action; it is on record before it runs. */
export async function startProcess(
  run: Run,
  request: ProcessRequest,
  house: House,
): Promise<{ limitsBy: string }> {
  house.store.write(() => enlist(run, request, house));
  const stopBeating = heartbeat(house);
  let box: RunningBox;
  try {
    checkAlive(run, house);
    box = await open(run, request, house);
  } catch (error) {
    stopBeating();
    house.store.write(() => house.store.longRunning.remove(run.id));
    house.machine.logs.remove(run.id);
    throw error;
  }
  let pulled = false;
  const unwatch = house.stop.watch(() => {
    pulled = true;
    box.stop(0);
  });
  const follow = async (): Promise<void> => {
    const end = await box.ended;
    unwatch();
    try {
      await recordEnd(run.id, { ...end, pulled }, request.settled, house);
    } catch {
      // What cannot be recorded now, the next start finds: a process on record of a server that is gone.
    } finally {
      stopBeating();
      house.boxes.delete(run.id);
    }
  };
  const done = follow();
  house.boxes.set(run.id, { box, done });
  house.trace('process started');
  return { limitsBy: box.limitsBy };
}

/** Two that write to one folder could lay links in each other's way, and nobody could tell their changes apart. */
function enlist(run: Run, { name, line, cwd, network, writes }: ProcessRequest, house: House): void {
  const { longRunning } = house.store;
  const rows = longRunning.all();
  const running = rows.filter((row) => isRunning(row, house));
  if (running.length >= MOST_RUNNING)
    throw new HomeostatError('too_many_running', `${running.length} processes run; ${MOST_RUNNING} may`, {
      next: 'End one with stop_process, then call again.',
    });
  const overlaps = (a: string, b: string): boolean => isInside(a, b) || isInside(b, a);
  for (const other of running)
    for (const path of writes)
      if (other.writes.some((folder) => overlaps(folder, path)))
        throw new HomeostatError('resource_busy', `process ${other.id} (${other.name}) writes to ${path}`);
  for (const { id } of rows.filter((row) => row.ended_ms !== null).slice(KEPT_ENDED)) {
    longRunning.remove(id);
    house.machine.logs.remove(id);
  }
  longRunning.insert({
    id: run.id,
    agent: run.agent,
    owner: house.machine.owner,
    started_ms: Date.now(),
    stopped_by: null,
    ended_ms: null,
    how: null,
    exit_code: null,
    name,
    command: line,
    cwd,
    network,
    writes,
  });
}

async function open(run: Run, request: ProcessRequest, house: House): Promise<RunningBox> {
  const { limits } = house.config;
  const { line, cwd, env, network, writes, closed } = request;
  const { principal, workspace } = run.caller;
  return house.machine.sandbox.start({
    line,
    cwd,
    env,
    network,
    writes,
    closed,
    actionId: run.id,
    session: house.machine.sessions.folder(agentName(principal)),
    roots: workspace.roots,
    ...(workspace.beyond === undefined ? {} : { hidden: workspace.beyond }),
    limits: {
      processes: limits.command_processes,
      memoryBytes: limits.command_memory_bytes,
      cpuSeconds: CPU_SECONDS,
      writtenBytes: limits.command_written_bytes,
    },
    onOutput: house.machine.logs.open(run.id),
  });
}

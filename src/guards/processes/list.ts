import { HomeostatError } from '../../core/errors.ts';
import type { ProcessInfo } from '../../core/processes.ts';
import type { LongRunningRow } from '../../store/long-running.ts';
import type { House } from '../house.ts';
import { holderLives } from '../limits/leases.ts';

const iso = (ms: number): string => new Date(ms).toISOString();

/** It runs no longer than its server, which may have ended without a word. */
export function isRunning(row: LongRunningRow, house: House): boolean {
  if (row.ended_ms !== null) return false;
  return row.owner === house.machine.owner || holderLives(row.owner, house.store.leases.beats(), house);
}

export function processInfo(row: LongRunningRow, house: House): ProcessInfo {
  const { id, agent, cwd, network, started_ms, ended_ms, how, exit_code } = row;
  const running = isRunning(row, house);
  return {
    id,
    name: house.secrets.text(row.name),
    agent,
    command: house.secrets.text(row.command),
    cwd,
    network,
    writes: [...row.writes],
    exit_code,
    running,
    started_at: iso(started_ms),
    ended_at: ended_ms === null ? null : iso(ended_ms),
    how: running ? null : (how ?? 'interrupted'),
  };
}

/** Throws `not_found` where no process has that id. */
export function processRow(id: string, house: House): LongRunningRow {
  const row = house.store.read(() => house.store.longRunning.get(id));
  if (row === null) throw new HomeostatError('not_found', `no process has the id ${id}`);
  return row;
}

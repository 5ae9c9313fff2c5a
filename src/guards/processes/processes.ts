import type { Processes } from '../../core/processes.ts';
import type { House } from '../house.ts';
import type { Run } from '../run.ts';
import { stopGently } from './end.ts';
import { processInfo, processRow } from './list.ts';
import { startProcess } from './start.ts';

/** See `Processes`. */
export const processes = (run: Run, house: House): Processes => ({
  start: async (request) => startProcess(run, request, house),
  find(id) {
    const row = processRow(id, house);
    return { ...processInfo(row, house), own: row.agent === run.agent };
  },
  changedByOthers: (id) =>
    house.store.read(() =>
      house.store.actions
        .succeededSince(processRow(id, house).started_ms, id)
        .flatMap(({ effects }) => effects?.changes ?? [])
        .flatMap(({ path, from }) => (from === undefined ? [path] : [path, from])),
    ),
  stop: async (id) => stopGently(id, run.agent, house),
});

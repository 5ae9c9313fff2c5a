import type { Undoing } from '../../core/context.ts';
import { HomeostatError } from '../../core/errors.ts';
import { agentName } from '../../core/principal.ts';
import type { Action } from '../../core/tool.ts';
import type { ActionRow } from '../../store/actions.ts';
import { checkSeen } from '../cards/visible.ts';
import { findAction, type House } from '../house.ts';
import type { Run } from '../run.ts';

/** Undo by way of the tool that acted; see `Undoing`. */
export function undoing(run: Run, house: House): Undoing {
  const action = (tool: string): Action => {
    const found = findAction(house, tool);
    if (found === null)
      throw new HomeostatError('nothing_to_undo', `no tool ${tool} is here that could take it back`);
    return found;
  };
  return {
    find(id) {
      const row = undoable(id, house);
      checkSeen(row, run.caller, house);
      return {
        tool: row.tool,
        summary: row.summary,
        own: row.agent === agentName(run.caller.principal),
        unknown: row.outcome === 'unknown',
        resources: row.resources,
      };
    },
    former(tool, id) {
      const { actions, snapshots } = house.store;
      return (
        house.store.read(() => (actions.get(id)?.tool === tool ? snapshots.get(id)?.data : null)) ?? null
      );
    },
    kept(id) {
      const row = house.store.read(() => house.store.actions.get(id));
      if (row?.phase !== 'finished' || row.stage === null)
        throw new HomeostatError('not_found', `no stage is kept of an action ${id}`);
      checkSeen(row, run.caller, house);
      const { tool, summary, resources, stage } = row;
      return { tool, summary, resources, stage, own: row.agent === agentName(run.caller.principal) };
    },
    async stage(id, ctx) {
      const row = undoable(id, house);
      const snapshot = house.store.snapshots.get(id);
      if (snapshot === null) throw new HomeostatError('snapshot_gone', `nothing is kept of action ${id}`);
      const staged = await action(row.tool).undo(snapshot.data, ctx);
      return { ...staged, stage: { of: id, tool: row.tool, stage: staged.stage } };
    },
    recheck: async (tool, stage, ctx) => action(tool).recheck(stage, ctx),
    commit: async (tool, stage, ctx) => action(tool).commit(stage, ctx),
    undo: async (tool, snapshot, ctx) => action(tool).undo(snapshot, ctx),
    verify: async (tool, snapshot, ctx) => action(tool).verify(null, snapshot, ctx),
    recover: async (tool, snapshot, ctx) => action(tool).recover(snapshot, ctx),
  };
}

/** The action of that id, if it left something that can still be taken back. */
function undoable(id: string, house: House): ActionRow {
  const row = house.store.actions.get(id);
  if (row === null) throw new HomeostatError('not_found', `no action has the id ${id}`);
  if (row.outcome !== 'succeeded' && row.outcome !== 'unknown' && row.outcome !== 'rollback_failed') {
    throw new HomeostatError('nothing_to_undo', `action ${id} ended as ${row.outcome ?? row.phase}`);
  }
  const undoneBy = house.store.actions.undoneBy(id);
  if (undoneBy !== null) throw new HomeostatError('already_undone', `action ${id} was undone by ${undoneBy}`);
  if (house.store.snapshots.get(id) === null) {
    const kept = row.report?.snapshot_id != null;
    throw new HomeostatError(kept ? 'snapshot_gone' : 'nothing_to_undo', `nothing is kept of action ${id}`);
  }
  return row;
}

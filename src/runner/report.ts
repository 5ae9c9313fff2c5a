import { type Ended } from './loop.ts';
import { type AskHouse, type Deed, deedsOf } from './record.ts';
import type { Run } from './run.ts';

/** Actions by what became of them, from the record alone. */
export interface DeedLists {
  /** Carried out and standing. */
  readonly done: readonly Deed[];
  /** Taken back: by itself, or by a later action of these. */
  readonly undone: readonly Deed[];
  /** Waits for a person, or ended so that a person should look at it. */
  readonly left: readonly Deed[];
  /** Not carried out: refused, denied, failed. */
  readonly refused: readonly Deed[];
  /** Only shown. */
  readonly shown: readonly Deed[];
}

/** What a run came to. All but `said` is taken from the record, whatever the model believes it did. */
export interface RunReport extends DeedLists {
  readonly run: string;
  readonly agent: string;
  readonly card: string;
  readonly goal: string;
  readonly stop: Ended['stop'];
  readonly what: string;
  /** What was found, in the model's own words. */
  readonly said: string;
  readonly steps: number;
  readonly tokens: number;
}

export async function reportOf({ id, agent, card, journal, ask }: Run, ended: Ended): Promise<RunReport> {
  const lists = await deedLists([agent], ask);
  return { run: id, agent, card: card.name, goal: journal.begin.goal, ...ended, ...lists };
}

/** What some agents of the record have done, taken together. */
export async function deedLists(agents: readonly string[], ask: AskHouse): Promise<DeedLists> {
  const all = (await Promise.all(agents.map(async (agent) => deedsOf(agent, ask)))).flat();
  const shown = all.filter((deed) => deed.dry_run);
  const real = all.filter((deed) => !deed.dry_run);
  const undoers = real.filter(({ undoes, outcome }) => undoes !== null && outcome === 'succeeded');
  const undoneIds = new Set(undoers.map(({ undoes }) => undoes));
  const taken = ({ action_id, outcome }: Deed): boolean =>
    outcome === 'rolled_back' || undoneIds.has(action_id);
  const open = ({ outcome }: Deed): boolean => ['held', 'unknown', 'rollback_failed'].includes(outcome);
  return {
    done: real.filter((deed) => deed.outcome === 'succeeded' && !taken(deed)),
    undone: real.filter(taken),
    left: real.filter((deed) => open(deed) && !taken(deed)),
    refused: real.filter((deed) => ['denied', 'failed'].includes(deed.outcome)),
    shown,
  };
}

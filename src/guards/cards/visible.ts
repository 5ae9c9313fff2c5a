import { HomeostatError } from '../../core/errors.ts';
import { isInside } from '../../core/inside.ts';
import { type Caller, agentName } from '../../core/principal.ts';
import type { ActionRow } from '../../store/actions.ts';
import type { House } from '../house.ts';
import { boundsOf } from './bounds.ts';
import { foreignService } from './services.ts';

type Who = Pick<Caller, 'principal' | 'workspace'>;

/** Whether an agent may be told of what some agent did to some resources: its own it may; null for one that may all. */
export function seenBy(
  { principal, workspace }: Who,
  house: House,
): ((agent: string, resources: readonly string[] | null) => boolean) | null {
  const bounds = boundsOf(principal, house);
  const isNarrow = workspace.beyond !== undefined;
  if (!isNarrow && foreignService(['container:'], bounds) === null) return null;
  const own = agentName(principal);
  const lies = (resource: string): boolean => {
    const path = /^(?:file|tree):(.*)$/s.exec(resource)?.[1];
    return path !== undefined && workspace.roots.some((root) => isInside(path, root));
  };
  return (agent, resources) => {
    if (agent === own) return true;
    if (foreignService(resources ?? [], bounds) !== null) return false;
    // What is not known to lie within may have been anywhere.
    return !isNarrow || (resources !== null && resources.length > 0 && resources.every(lies));
  };
}

/** Whether an agent may be told of an action: by what it was found to change where that is known in full. */
export function isSeen(row: ActionRow, who: Who, house: House): boolean {
  const sees = seenBy(who, house);
  if (sees === null) return true;
  const { effects } = row;
  const isWhole = effects?.known === true && effects.more === undefined && effects.changes.length > 0;
  const changed = effects?.changes.flatMap(({ path, from }) => (from === undefined ? [path] : [path, from]));
  const found = isWhole ? changed?.map((path) => `file:${path}`) : undefined;
  const others = row.resources.filter((name) => !/^(?:file|tree):/.test(name));
  return sees(row.agent, found === undefined ? row.resources : [...found, ...others]);
}

/** Throws where the card keeps the action from the agent. */
export function checkSeen(row: ActionRow, who: Who, house: House): void {
  if (isSeen(row, who, house)) return;
  throw new HomeostatError(
    'root_not_on_card',
    `action ${row.id} touched what the card ${who.principal.card ?? ''} does not name`,
  );
}

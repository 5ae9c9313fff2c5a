import type { Caller, Connection } from '../core/principal.ts';
import type { Tool } from '../core/tool.ts';
import { boundsOf } from './cards/bounds.ts';
import { workspaceWithin } from './cards/roots.ts';
import type { House } from './house.ts';
import { type RootsRequest, workspaceOf } from './policy/roots.ts';

/** What of a workspace the server was started with. */
export type Given = Pick<RootsRequest, 'added' | 'configPath' | 'real'>;

/**
 * A connection with its workspace, as far as its card reaches. The emergency stop needs none, so that nothing can stand
 * in its way; nor does a person who only looks.
 */
export function callerOf(
  { cwd, announced, looksAnywhere, ...connection }: Connection,
  tool: Tool | undefined,
  given: Given,
  house: House,
): Caller {
  const { config, machine, ownFolders } = house;
  const { home } = machine;
  try {
    const whole = workspaceOf({ ...given, configured: config.roots, announced, cwd, home, ownFolders });
    const bounds = boundsOf(connection.principal, house);
    return { ...connection, workspace: workspaceWithin(whole, bounds, machine.folders) };
  } catch (error) {
    const needsNone = tool?.kind === 'action' ? tool.urgent : looksAnywhere === true;
    if (needsNone) return { ...connection, workspace: { roots: [], cwd } };
    throw error;
  }
}

import type { ActionContext } from '../../core/context.ts';
import type { Inspected } from '../../core/engine.ts';
import { circumstancesOf, nameOf } from './container.ts';
import { find } from './find.ts';

/** A container that comes to a network, or is made anew there, under these names. */
export interface Comer {
  /** The engine's name of the network. */
  readonly network: string;
  readonly names: readonly string[];
}

/** Names by which others in a network find a container. */
const answersTo = (found: Inspected, network: string): unknown[] => [
  nameOf(found),
  found.Config.Hostname,
  ...((found.NetworkSettings.Networks[network]?.['Aliases'] ?? []) as unknown[]),
];

/** Whether one answers in its network to a name by which a protected container is found there: some would reach it instead. */
export const takesNameOf = (
  { network, names }: Comer,
  others: readonly Inspected[],
  { config }: Pick<ActionContext, 'config'>,
): boolean =>
  others.some(
    (found) =>
      circumstancesOf(found, config).length > 0 &&
      found.NetworkSettings.Networks[network] !== undefined &&
      answersTo(found, network).some((name) => typeof name === 'string' && names.includes(name)),
  );

/** All containers in a network, whether they run or not, but those that are left out, by id. */
export async function neighbours(
  network: string,
  { engine }: Pick<ActionContext, 'engine'>,
  leftOut: readonly string[],
): Promise<Inspected[]> {
  const rows = await engine.users({ network });
  const others = rows.filter(({ id }) => !leftOut.some((one) => one.startsWith(id)));
  const found = await Promise.all(others.map(async ({ id }) => find(engine, id)));
  return found.filter((one) => one !== null);
}

import type { ContainerSpec } from '../../core/container-spec.ts';
import type { Engine, Inspected } from '../../core/engine.ts';
import { HomeostatError } from '../../core/errors.ts';
import { nameOf } from './container.ts';
import { find } from './find.ts';

/** What a container can have of another, which it names by its id, and what that is called. */
const SHARED = { NetworkMode: 'network', IpcMode: 'IPC namespace', PidMode: 'processes' } as const;
type Shared = keyof typeof SHARED;
const KEYS = Object.keys(SHARED) as Shared[];

type HostConfig = Pick<ContainerSpec, 'host_config'>['host_config'];

const ownerIn = (host_config: HostConfig, key: Shared): string | undefined =>
  /^container:(.+)$/.exec(String(host_config[key]))?.[1];

/** `CONTAINER` or `CONTAINER:MODE`, each as its container and what stands behind it. */
const volumesFrom = (host_config: HostConfig): [container: string, mode: string][] =>
  ((host_config['VolumesFrom'] ?? []) as string[]).map((text) => {
    const [container = ''] = text.split(':');
    return [container, text.slice(container.length)];
  });

/** A container as far as it says what it has of others. */
interface Bound {
  readonly spec: ContainerSpec;
  /** Names of these others by what it calls them, as they were when this was worked out. */
  readonly others?: Readonly<Record<string, string>> | undefined;
}

/** Notes the names of containers that it has something of: one that is made again has another id. */
export async function withOthers<B extends Bound>(kept: B, engine: Engine): Promise<B> {
  const { host_config } = kept.spec;
  const named = [
    ...KEYS.flatMap((key) => ownerIn(host_config, key) ?? []),
    ...volumesFrom(host_config).map(([container]) => container),
  ];
  if (named.length === 0) return kept;
  const found = await Promise.all(named.map(async (one) => [one, await find(engine, one)] as const));
  const others = Object.fromEntries(found.flatMap(([one, it]) => (it === null ? [] : [[one, nameOf(it)]])));
  return { ...kept, others: { ...kept.others, ...others } };
}

/** The same with other ids for what it has of containers that were made again. */
export function repointed<B extends Bound>(kept: B, ids: ReadonlyMap<string, string>): B {
  const { host_config } = kept.spec;
  const shared = KEYS.flatMap((key) => {
    const id = ids.get(ownerIn(host_config, key) ?? '');
    return id === undefined ? [] : [[key, `container:${id}`]];
  });
  const from = volumesFrom(host_config);
  const VolumesFrom = from.map(([container, mode]) => `${ids.get(container) ?? container}${mode}`);
  const changed = { ...Object.fromEntries(shared), ...(from.length > 0 ? { VolumesFrom } : {}) };
  return { ...kept, spec: { ...kept.spec, host_config: { ...host_config, ...changed } } };
}

/**
 * The same as it can be made now: what it shares is that of the container that has the former one's name by now. Where
 * there is none, this throws. Volumes of another are given by their own names anyway, so that this one is left out where
 * it is gone, or has others by now.
 */
export async function reached<B extends Bound>(kept: B, engine: Engine): Promise<B> {
  const { spec, others = {} } = kept;
  const standing = async (named: string): Promise<Inspected | null> =>
    (await find(engine, named)) ?? (others[named] === undefined ? null : find(engine, others[named]));
  const ids = new Map<string, string>();
  for (const key of KEYS) {
    const owner = ownerIn(spec.host_config, key);
    if (owner === undefined) continue;
    const found = await standing(owner);
    if (found === null)
      throw new HomeostatError(
        'bound_container',
        `${spec.name} shares the ${SHARED[key]} of the container ${others[owner] ?? owner}, which is gone`,
        { next: 'Bring that one back under its name first, then call again.' },
      );
    ids.set(owner, found.Id);
  }
  const from = volumesFrom(spec.host_config);
  const targets = new Set(spec.mounts.map(({ target }) => target));
  const VolumesFrom: string[] = [];
  for (const [container, mode] of from) {
    const same = await find(engine, container);
    const found = same ?? (await standing(container));
    if (found?.Mounts.every(({ Destination }) => targets.has(Destination)) === true)
      VolumesFrom.push(`${same === null ? found.Id : container}${mode}`);
  }
  const again = repointed(kept, ids);
  if (from.length === 0) return again;
  return { ...again, spec: { ...again.spec, host_config: { ...again.spec.host_config, VolumesFrom } } };
}

/** Whether it has another's network, IPC or processes. */
export const sharesAny = ({ HostConfig }: Inspected): boolean =>
  KEYS.some((key) => ownerIn(HostConfig, key) !== undefined);

export const hasVolumesOf = ({ HostConfig }: Inspected): boolean => volumesFrom(HostConfig).length > 0;

/** A container that has something of one of those asked about. */
export interface Sharer {
  readonly name: string;
  /** Of whom. */
  readonly of: string;
  readonly what: string;
  /** Only its volumes, which stay when that one goes. */
  readonly volumes: boolean;
}

/** Containers, whether they run or not, that have something of `owners`; not those that go with them. */
export async function sharersOf(
  owners: readonly Inspected[],
  engine: Engine,
  ids?: readonly string[],
): Promise<Sharer[]> {
  if (owners.length === 0) return [];
  const going = new Set(owners.map(({ Id }) => Id));
  const all = ids ?? (await engine.list(true)).map(({ id }) => id);
  const strangers = all.filter((id) => !owners.some(({ Id }) => Id.startsWith(id)));
  const others = await Promise.all(strangers.map(async (id) => find(engine, id)));
  const ownerOf = (named: string): Inspected | undefined =>
    owners.find(
      (one) => one.Id === named || nameOf(one) === named || (named.length >= 12 && one.Id.startsWith(named)),
    );
  return others.flatMap((one): Sharer[] => {
    if (one === null || going.has(one.Id)) return [];
    const shared = KEYS.map((key) => ({
      named: ownerIn(one.HostConfig, key),
      what: SHARED[key] as string,
      volumes: false,
    }));
    const from = volumesFrom(one.HostConfig).map(([named]) => ({ named, what: 'volumes', volumes: true }));
    return [...shared, ...from].flatMap(({ named, ...rest }) => {
      const owner = named === undefined ? undefined : ownerOf(named);
      return owner === undefined ? [] : [{ name: nameOf(one), of: nameOf(owner), ...rest }];
    });
  });
}

/** Names of containers that run with a container's network, which they lose when that one ends, until they start anew. */
export async function networkSharers(owner: Inspected, engine: Engine): Promise<string[]> {
  // The list tells that of all at once; to inspect each would take longer than what is to be done.
  const rows = await engine.list(false);
  const isIts = (mode: string): boolean => {
    const named = /^container:(.+)$/.exec(mode)?.[1] ?? '';
    return named === nameOf(owner) || (named.length >= 12 && owner.Id.startsWith(named));
  };
  return rows.filter(({ network_mode }) => isIts(network_mode)).map(({ name }) => name);
}

const SWARM = 'com.docker.swarm.';

export const isSwarms = ({ Config }: Inspected): boolean =>
  Object.keys(Config.Labels ?? {}).some((name) => name.startsWith(SWARM));

/** Throws where a swarm looks after a container: it would put back what is done to it. */
export function checkNotSwarms(found: Inspected): void {
  if (isSwarms(found)) throw new HomeostatError('swarm_container', nameOf(found));
}

/**
 * Throws where others have the network or processes of containers that go, or are made anew: they would lose them.
 * `ids` are those of all containers, where they are known.
 */
export async function checkUnshared(
  owners: readonly Inspected[],
  engine: Engine,
  ids?: readonly string[],
): Promise<readonly Sharer[]> {
  const sharers = await sharersOf(owners, engine, ids);
  const lost = sharers.filter(({ volumes }) => !volumes);
  if (lost.length === 0) return sharers;
  const told = lost.map(({ name, of, what }) => `${name} shares the ${what} of ${of}`);
  throw new HomeostatError('bound_container', [...new Set(told)].join('; '));
}

/** What people are told of containers that have volumes of one that goes. */
export const keptBy = (sharers: readonly Sharer[]): string =>
  sharers.length === 0
    ? ''
    : ` ${[...new Set(sharers.map(({ name, of }) => `${name} keeps the volumes that it has of ${of}`))].join('; ')}.`;

/** Throws where what a change removes, or makes anew, is a swarm's or leaves others without; answers who has its volumes. */
export async function checkGoing(
  { before }: { readonly before: { readonly id: string | null } | null },
  engine: Engine,
): Promise<readonly Sharer[]> {
  const found = before?.id ? await find(engine, before.id) : null;
  if (found === null) return [];
  checkNotSwarms(found);
  return checkUnshared([found], engine);
}

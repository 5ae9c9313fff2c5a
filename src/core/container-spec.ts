import * as z from 'zod';
import { type Inspected, containerStateSchema } from './engine.ts';

/** What a container does, as far as it can be brought to it. */
export const goalSchema = z.enum(['running', 'exited', 'paused']);
export type Goal = z.infer<typeof goalSchema>;

const GOALS: Record<z.infer<typeof containerStateSchema>, Goal> = {
  running: 'running',
  restarting: 'running',
  paused: 'paused',
  created: 'exited',
  exited: 'exited',
  dead: 'exited',
  removing: 'exited',
};
export const doneBy = (state: z.infer<typeof containerStateSchema>): Goal => GOALS[state];
export const goalOf = ({ State }: Pick<Inspected, 'State'>): Goal => doneBy(State.Status);

/**
 * All that makes a container: what the engine is asked for to make another one like it. `config` and `host_config` are
 * in the engine's own words, https://docs.docker.com/reference/api/engine/version/v1.41/#operation/ContainerCreate.
 */
export const containerSpecSchema = z.object({
  name: z.string(),
  config: z.looseObject({ Image: z.string() }),
  host_config: z.looseObject({ NetworkMode: z.string().optional() }),
  /** By network; addresses and names that somebody asked for, not those that the engine gave. */
  networks: z.record(z.string(), z.looseObject({})),
  mounts: z.array(
    z.object({
      type: z.string(),
      name: z.string().optional(),
      source: z.string().optional(),
      target: z.string(),
      writable: z.boolean(),
      /** Of a bind mount, where it is not the usual one. */
      propagation: z.string().optional(),
    }),
  ),
});
export type ContainerSpec = z.infer<typeof containerSpecSchema>;

const SHORT_ID = 12;
const USUAL_PROPAGATION = new Set(['', 'rprivate']);

/** What a container that stands was made of. */
export function specOf(found: Inspected): ContainerSpec {
  const { Id, Name, Config, HostConfig, Mounts, NetworkSettings } = found;
  const config: Record<string, unknown> = { ...Config };
  // Given by the engine: the next container gets its own.
  if (Config.Hostname === Id.slice(0, SHORT_ID)) delete config['Hostname'];
  // Those of the container whose network it shares; the engine takes none beside it.
  if ((HostConfig.NetworkMode ?? '').startsWith('container:')) {
    delete config['Hostname'];
    delete config['Domainname'];
  }
  const mounts = Mounts.map(({ Type, Name: name, Source, Destination, RW, Propagation }) => ({
    type: Type,
    ...(name === undefined || name === '' ? {} : { name }),
    ...(Type === 'volume' || Source === undefined ? {} : { source: Source }),
    target: Destination,
    writable: RW ?? true,
    ...(typeof Propagation === 'string' && !USUAL_PROPAGATION.has(Propagation)
      ? { propagation: Propagation }
      : {}),
  })).toSorted((a, b) => a.target.localeCompare(b.target));
  const own = (HostConfig.NetworkMode ?? '').startsWith('container:') ? {} : NetworkSettings.Networks;
  const networks = Object.fromEntries(
    Object.entries(own).map(([network, endpoint]) => [network, endpointOf(endpoint, Id)]),
  );
  return {
    name: Name.replace(/^\//, ''),
    config: { ...config, Image: Config.Image },
    host_config: HostConfig,
    networks,
    mounts,
  };
}

function endpointOf(endpoint: Record<string, unknown>, id: string): Record<string, unknown> {
  const { IPAMConfig, Links, Aliases, DriverOpts } = endpoint;
  // The engine adds the container's own short id.
  const aliases = ((Aliases ?? []) as string[]).filter((alias) => alias !== id.slice(0, SHORT_ID));
  const isSet = (value: unknown): boolean =>
    value !== null && value !== undefined && Object.keys(value).length > 0;
  return {
    ...(isSet(IPAMConfig) ? { IPAMConfig } : {}),
    ...(isSet(Links) ? { Links } : {}),
    ...(aliases.length > 0 ? { Aliases: aliases.toSorted() } : {}),
    ...(isSet(DriverOpts) ? { DriverOpts } : {}),
  };
}

interface AskedMount {
  readonly Type?: string;
  readonly Source?: string;
  readonly Target?: string;
}

const bindsOf = ({ host_config }: ContainerSpec): string[] => (host_config['Binds'] ?? []) as string[];
const mountsOf = ({ host_config }: ContainerSpec): AskedMount[] =>
  (host_config['Mounts'] ?? []) as AskedMount[];

/** The engine makes a new volume of one that is asked for by no more than where it is to be. */
const isNamedBind = (bind: string): boolean => bind.includes(':');
const isNamedMount = ({ Type, Source }: AskedMount): boolean =>
  Type !== 'volume' || (Source !== undefined && Source !== '');

/** As the engine writes where something is mounted, however it was asked for. */
function cleaned(target: string): string {
  const path: string[] = [];
  for (const part of target.split('/'))
    if (part === '..') path.pop();
    else if (part !== '' && part !== '.') path.push(part);
  return `/${path.join('/')}`;
}

/**
 * All mounts with the very volumes that it had: what is asked for as it was, and by its name each volume that nobody
 * named and each mount of another container, which may be gone or have others by then.
 */
function sameMounts(spec: ContainerSpec): { Binds: string[]; Mounts: object[] } {
  const Binds = bindsOf(spec).filter(isNamedBind);
  const named = mountsOf(spec).filter(isNamedMount);
  const asked = new Set(
    [...Binds.map((bind) => bind.split(':')[1]), ...named.map(({ Target }) => Target)].map((target = '') =>
      cleaned(target),
    ),
  );
  const others = spec.mounts
    .filter(({ type, target }) => ['volume', 'bind'].includes(type) && !asked.has(target))
    .map(({ type, name, source, target, writable, propagation }) => ({
      Type: type,
      Source: type === 'volume' ? name : source,
      Target: target,
      ReadOnly: !writable,
      // It is as it is: what the image has there is not put into it once more.
      ...(type === 'volume' ? { VolumeOptions: { NoCopy: true } } : {}),
      ...(propagation === undefined ? {} : { BindOptions: { Propagation: propagation } }),
    }));
  return { Binds, Mounts: [...named, ...others] };
}

/**
 * The request that makes it, and the networks to connect it to afterwards: engines before interface 1.44 take only one
 * with the request.
 */
export function createRequest(
  spec: ContainerSpec,
  image: string,
): { body: Record<string, unknown>; connect: [network: string, endpoint: object][] } {
  const [first, ...connect] = Object.entries(spec.networks);
  const { Binds, Mounts } = sameMounts(spec);
  const body = {
    ...spec.config,
    Image: image,
    HostConfig: {
      ...spec.host_config,
      ...(bindsOf(spec).length > 0 ? { Binds } : {}),
      ...(Mounts.length > 0 ? { Mounts } : {}),
    },
    ...(first === undefined ? {} : { NetworkingConfig: { EndpointsConfig: { [first[0]]: first[1] } } }),
  };
  return { body, connect };
}

/**
 * How a volume or a folder got in is no difference, as long as it is there; nor is the image's name where it was made
 * from a kept layer.
 */
const comparable = (spec: ContainerSpec): unknown => ({
  name: spec.name,
  config: { ...spec.config, Image: undefined, Volumes: undefined },
  host_config: {
    ...spec.host_config,
    Binds: bindsOf(spec).filter(isNamedBind),
    Mounts: mountsOf(spec).filter(({ Type = '' }) => !['volume', 'bind'].includes(Type)),
    VolumesFrom: undefined,
    RestartPolicy: restartOf(spec.host_config['RestartPolicy']),
  },
  networks: spec.networks,
  mounts: spec.mounts,
});

/** The engine has no name for none where nobody has named one. */
export const restartOf = (policy: unknown): object => {
  const { Name, ...rest } = (policy ?? {}) as { Name?: string };
  return { ...rest, Name: Name || 'no' };
};

/** The paths at which two containers are not alike, such as `config.Env`; none where one is like the other. */
export function differences(a: ContainerSpec, b: ContainerSpec): string[] {
  return [...differing(comparable(a), comparable(b), '')];
}

function* differing(a: unknown, b: unknown, path: string): Generator<string> {
  if (isPlain(a) && isPlain(b)) {
    for (const key of new Set([...Object.keys(a), ...Object.keys(b)]))
      yield* differing(a[key], b[key], path === '' ? key : `${path}.${key}`);
  } else if (JSON.stringify(empty(a)) !== JSON.stringify(empty(b))) yield path;
}

const isPlain = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The engine writes nothing as null, as an empty list or not at all. */
const empty = (value: unknown): unknown =>
  typeof value === 'object' && value !== null && Object.keys(value).length === 0 ? null : (value ?? null);

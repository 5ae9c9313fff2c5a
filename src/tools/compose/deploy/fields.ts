import type { ImageConfig, Inspected } from '../../../core/engine.ts';
import type { Body, Model, Service } from './model.ts';
import { bytesOf, cpusOf, mountFields, plainText, portFields, textsIn, wordsOf } from './notation.ts';

/** What makes a container, by key, each as one text that both the file and the engine can be brought to. */
export type Fields = ReadonlyMap<string, string>;

/** What the file says of a service's containers; keys that it does not speak of are not there. */
export function fieldsOfService(service: Service, model: Model, imageId: string | null): Fields {
  const { body } = service;
  const fields = new Map<string, string>();
  const set = (key: string, value: unknown): void => {
    const text = plainText(value);
    if (text !== null) fields.set(key, text);
  };
  set('image', imageId ?? service.image);
  for (const [name, value] of Object.entries((body['environment'] ?? {}) as Body))
    set(`environment.${name}`, value);
  for (const [name, value] of Object.entries((body['labels'] ?? {}) as Body))
    set(`labels.${name}`, value ?? '');
  for (const port of portFields(body['ports'])) set(`ports.${port}`, 'published');
  for (const [target, source] of mountFields(body['volumes'], model)) set(`mounts.${target}`, source);
  const { memory, cpus, pids } = ((body['deploy'] as { resources?: { limits?: Body } } | undefined)?.resources
    ?.limits ?? {}) as Record<string, unknown>;
  set('limits.memory', bytesOf(body['mem_limit'] ?? memory));
  set('limits.cpus', cpusOf(body['cpus'] ?? cpus));
  set('limits.pids', body['pids_limit'] ?? pids);
  // Without a word of it a container is not started again.
  if ((body['deploy'] as Body | undefined)?.['restart_policy'] === undefined)
    set('restart', body['restart'] || 'no');
  for (const key of ['command', 'entrypoint'] as const)
    if (body[key] !== undefined && body[key] !== null) set(key, JSON.stringify(wordsOf(body[key])));
  const network = body['network_mode'];
  if (typeof network === 'string' && !network.startsWith('service:')) set('network_mode', network);
  for (const [key, name] of PLAIN) set(key, name === 'flag' ? body[key] === true || undefined : body[key]);
  for (const key of ['cap_add', 'cap_drop'] as const)
    if (textsIn(body[key]).length > 0) set(key, textsIn(body[key]).toSorted().join(' '));
  return fields;
}

const PLAIN = [
  ['user', 'text'],
  ['working_dir', 'text'],
  ['hostname', 'text'],
  ['privileged', 'flag'],
  ['read_only', 'flag'],
] as const;

/** The same of a container that stands; what its image gives it is left out. */
export function fieldsOfContainer(found: Inspected, image: ImageConfig | null): Fields {
  const { Config, HostConfig, Mounts } = found;
  const fields = new Map<string, string>([['image', image?.id ?? found.Image]]);
  const set = (key: string, value: unknown): void => {
    const text = plainText(value);
    if (text !== null && !['', '0', 'false'].includes(text)) fields.set(key, text);
  };
  const given = new Set(image?.env);
  for (const line of Config.Env ?? []) {
    const at = line.indexOf('=');
    if (!given.has(line)) fields.set(`environment.${line.slice(0, at)}`, line.slice(at + 1));
  }
  for (const [name, value] of Object.entries(Config.Labels ?? {}))
    if (!/^(com\.docker\.compose|homeostat)\./.test(name) && image?.labels[name] !== value)
      fields.set(`labels.${name}`, value);
  const bindings = (HostConfig['PortBindings'] ?? {}) as Record<
    string,
    { HostIp?: string; HostPort?: string }[] | null
  >;
  for (const [target, all] of Object.entries(bindings))
    for (const { HostIp = '', HostPort = '' } of all ?? [])
      set(`ports.${anywhere(HostIp)}:${HostPort}->${target}`, 'published');
  for (const { Type, Name, Source, Destination, RW } of Mounts)
    if (!(Type === 'volume' && UNNAMED.test(Name ?? '')) && !Destination.startsWith('/run/secrets/'))
      set(
        `mounts.${Destination}`,
        `${Type === 'volume' ? Name : Source}${RW === false ? ' (read-only)' : ''}`,
      );
  set('limits.memory', HostConfig['Memory']);
  set('limits.cpus', HostConfig['NanoCpus']);
  set('limits.pids', HostConfig['PidsLimit']);
  const { Name, MaximumRetryCount } = (HostConfig['RestartPolicy'] ?? {}) as {
    Name?: string;
    MaximumRetryCount?: number;
  };
  fields.set('restart', `${Name || 'no'}${MaximumRetryCount ? `:${MaximumRetryCount}` : ''}`);
  for (const [key, words] of [
    ['command', Config['Cmd']],
    ['entrypoint', Config['Entrypoint']],
  ] as const)
    if (Array.isArray(words)) fields.set(key, JSON.stringify(words));
  set('network_mode', HostConfig.NetworkMode);
  set('user', Config['User']);
  set('working_dir', Config['WorkingDir']);
  set('hostname', Config.Hostname);
  set('privileged', HostConfig['Privileged']);
  set('read_only', HostConfig['ReadonlyRootfs']);
  for (const [key, name] of [
    ['cap_add', 'CapAdd'],
    ['cap_drop', 'CapDrop'],
  ] as const)
    if (textsIn(HostConfig[name]).length > 0)
      set(
        key,
        textsIn(HostConfig[name])
          .map((capability) => capability.replace(/^CAP_/, ''))
          .toSorted()
          .join(' '),
      );
  return fields;
}

/** The engine's own name for a volume that nobody named. */
const UNNAMED = /^[0-9a-f]{64}$/;

const anywhere = (address: string): string => (address === '0.0.0.0' || address === '::' ? '' : address);

/** Kinds of fields of which a container has no more than the file says, unless somebody gave it more. */
const CLOSED = /^(environment|labels|ports|mounts|limits)\.|^(privileged|read_only|cap_add|cap_drop)$/;

export interface Difference {
  readonly key: string;
  /** Null where the file does not have it. */
  readonly file: string | null;
  /** Null where what runs does not have it. */
  readonly runs: string | null;
}

/** Where what runs is not what the file says. */
export function compared(file: Fields, runs: Fields): Difference[] {
  const keys = new Set([...file.keys(), ...[...runs.keys()].filter((key) => CLOSED.test(key))]);
  return [...keys].flatMap((key) => {
    const [said, found] = [file.get(key) ?? null, runs.get(key) ?? null];
    return said === found ? [] : [{ key, file: said, runs: found }];
  });
}

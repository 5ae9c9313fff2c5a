import type { ImageConfig, Inspected } from '../../../core/engine.ts';
import { NONE, ROWS } from './field-rows.ts';
import { bareAddress, capabilities, joined, securityOptions, shownSpan } from './list-fields.ts';
import type { Runs } from './fields.ts';
import { NAMELESS, mountsOfContainer, tmpfsOfService } from './mount-fields.ts';
import { LABEL, type Body } from './model.ts';
import { networksOfContainer, sharing } from './network-fields.ts';
import { pairsOf, plainText, textsIn, tidyPath } from './notation.ts';
import { type Standing, numberOf, serviceNameOf } from './standing.ts';

const SHORT_ID = 12;
type Set = (key: string, value: unknown) => void;

/** What the engine tells of a container, and what of it its image gives. */
export function fieldsOfContainer(
  found: Inspected,
  image: ImageConfig | null,
  standing: Pick<Standing, 'containers' | 'names'>,
): Runs {
  const { Id, Config, HostConfig } = found;
  const { fields, set } = collecting();
  fields.set('image', image?.id ?? found.Image);
  setConfig(Config, fields, set);
  const [name, service] = [found.Name.replace(/^\//, ''), serviceNameOf(found)];
  // Others are made up of the project's name, the service's and a number.
  const isMadeUp = ['_', '-'].some((sign) => name.endsWith(`${sign}${service}${sign}${numberOf(found)}`));
  if (!isMadeUp) set('container_name', name);
  if (Config.Hostname !== Id.slice(0, SHORT_ID) && !HostConfig.NetworkMode?.startsWith('container:'))
    set('hostname', Config.Hostname || null);
  setHost(HostConfig, set);
  for (const [target, source] of mountsOfContainer(found)) set(`mounts.${target}`, source);
  for (const [key, mode] of [
    ['pid', HostConfig['PidMode']],
    ['ipc', HostConfig['IpcMode']],
  ] as const)
    if (!['private', 'shareable', ''].includes(plainText(mode) ?? '')) set(key, sharing(mode, standing));
  networksOfContainer(found, service, standing, set);
  const first = Object.values(found.NetworkSettings.Networks)[0] as { MacAddress?: string } | undefined;
  set('mac_address', plainText(Config['MacAddress']) || first?.MacAddress || null);
  const given = collecting();
  setConfig(image?.config ?? {}, given.fields, given.set);
  for (const target of Object.keys(image?.config['Volumes'] ?? {}))
    given.set(`mounts.${tidyPath(target)}`, NAMELESS);
  // The engine gives these to each that asks for nothing else.
  const { Memory, MemorySwap, NetworkMode } = HostConfig;
  given.set('logging.driver', 'json-file');
  for (const key of ['hostname', 'domainname', 'mac_address'])
    if (key === 'mac_address' || /^(host$|container:)/.test(NetworkMode ?? ''))
      given.set(key, fields.get(key));
  if (MemorySwap === 2 * Number(Memory) || MemorySwap === -1) given.set('limits.swap', MemorySwap);
  return { fields, given: given.fields };
}

function collecting(): { fields: Map<string, string>; set: Set } {
  const fields = new Map<string, string>();
  return {
    fields,
    set: (key, value) => {
      const text = plainText(value);
      if (text !== null) fields.set(key, text);
    },
  };
}

/** Those that a deploy gives; `homeostat.protected` is a person's. */
const OWN_LABELS: ReadonlySet<string> = new Set(Object.values(LABEL));

/** What stands in a container's configuration as in an image's. */
function setConfig(config: Body, fields: Map<string, string>, set: Set): void {
  for (const line of textsIn(config['Env'])) {
    const at = line.indexOf('=');
    const name = line.slice(0, at);
    // One that is named alone is not set.
    if (at > 0 && name !== SWARM) fields.set(`environment.${name}`, line.slice(at + 1));
  }
  for (const [name, value] of Object.entries((config['Labels'] ?? {}) as Record<string, string>))
    if (!name.startsWith('com.docker.compose.') && !OWN_LABELS.has(name)) fields.set(`labels.${name}`, value);
  for (const port of Object.keys(config['ExposedPorts'] ?? {})) set(`expose.${port}`, 'open');
  for (const key of ['Cmd', 'Entrypoint']) {
    const words = textsIn(config[key]);
    if (words.length > 0) set(key === 'Cmd' ? 'command' : 'entrypoint', JSON.stringify(words));
  }
  const check = (config['Healthcheck'] ?? {}) as Body;
  if (textsIn(check['Test']).length > 0) set('healthcheck.test', JSON.stringify(check['Test']));
  for (const [key, name] of HEALTH)
    if (check[name] !== 0) set(`healthcheck.${key}`, shownSpan(key, check[name]));
  setRows('Config', config, set);
}

/** Given by Compose 1 to each that takes over volumes without a name. */
const SWARM = 'affinity:container';

const HEALTH = [
  ['interval', 'Interval'],
  ['timeout', 'Timeout'],
  ['start_period', 'StartPeriod'],
  ['start_interval', 'StartInterval'],
  ['retries', 'Retries'],
] as const;

function setRows(where: 'Config' | 'HostConfig', values: Body, set: Set): void {
  for (const { key, engine, found = plainText, usual = NONE } of ROWS) {
    if (engine[0] !== where) continue;
    const text = plainText(found(values[engine[1]]));
    if (text !== null && !usual.includes(text)) set(key, text);
  }
}

function setHost(host: Inspected['HostConfig'], set: Set): void {
  setRows('HostConfig', host, set);
  const { PortBindings, RestartPolicy, Tmpfs, Ulimits, Devices, LogConfig } = host as HostParts;
  for (const [target, all] of Object.entries(PortBindings ?? {})) {
    set(`expose.${target}`, 'open');
    for (const { HostIp = '', HostPort = '' } of all ?? [])
      set(`ports.${anywhere(HostIp)}:${HostPort}->${target}`, 'published');
  }
  const { Name, MaximumRetryCount } = RestartPolicy ?? {};
  set('restart', `${Name || 'no'}${MaximumRetryCount ? `:${MaximumRetryCount}` : ''}`);
  set('cap_add', capabilities(textsIn(host['CapAdd'])));
  set('cap_drop', capabilities(textsIn(host['CapDrop'])));
  set('group_add', joined(textsIn(host['GroupAdd']).toSorted()));
  set('device_cgroup_rules', joined(textsIn(host['DeviceCgroupRules']).toSorted()));
  set('dns', joined(textsIn(host['Dns'])));
  set('dns_search', joined(textsIn(host['DnsSearch'])));
  set('dns_opt', joined(textsIn(host['DnsOptions'])));
  set('security_opt', joined(securityOptions(textsIn(host['SecurityOpt']))));
  for (const [name, address] of pairsOf(host['ExtraHosts'], ':='))
    set(`extra_hosts.${name}:${bareAddress(address)}`, 'known');
  for (const [key, name] of [
    ['sysctls', 'Sysctls'],
    ['storage_opt', 'StorageOpt'],
    ['annotations', 'Annotations'],
  ] as const)
    for (const [one, value] of Object.entries((host[name] ?? {}) as Body)) set(`${key}.${one}`, value);
  for (const [path, options] of tmpfsOfService(Object.entries(Tmpfs ?? {}).map((pair) => pair.join(':'))))
    set(`tmpfs.${path}`, options);
  for (const { Name: name, Soft, Hard } of Ulimits ?? []) set(`ulimits.${name}`, `${Soft}:${Hard}`);
  for (const { PathOnHost, PathInContainer, CgroupPermissions } of Devices ?? [])
    set(`devices.${PathInContainer}`, `${PathOnHost} ${CgroupPermissions}`);
  set('logging.driver', LogConfig?.Type || null);
  for (const [name, value] of Object.entries(LogConfig?.Config ?? {})) set(`logging.${name}`, value);
}

interface HostParts {
  readonly PortBindings?: Record<string, { HostIp?: string; HostPort?: string }[] | null> | null;
  readonly RestartPolicy?: { Name?: string; MaximumRetryCount?: number };
  readonly Tmpfs?: Record<string, string> | null;
  readonly Ulimits?: { Name: string; Soft: number; Hard: number }[] | null;
  readonly Devices?: { PathOnHost: string; PathInContainer: string; CgroupPermissions: string }[] | null;
  readonly LogConfig?: { Type?: string; Config?: Record<string, string> | null };
}

const anywhere = (address: string): string => (address === '0.0.0.0' || address === '::' ? '' : address);

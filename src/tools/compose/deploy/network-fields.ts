import type { Inspected } from '../../../core/engine.ts';
import type { Body, Model, Service } from './model.ts';
import { nameIn, pairsOf, plainText, textsIn } from './notation.ts';
import type { Standing } from './standing.ts';

type Set = (key: string, value: unknown) => void;

/** Networks that are none: the machine's own, or nothing at all. */
const BARE = new Set(['host', 'none']);
const SHORT_ID = 12;
const ADDRESSES = [
  ['ipv4_address', 'IPv4Address'],
  ['ipv6_address', 'IPv6Address'],
] as const;

/** Names in the engine of the networks that a service is to join; empty where it has another's or none. */
export function networksOf({ body }: Pick<Service, 'body'>, model: Model): [name: string, how: Body][] {
  const { network_mode: mode, networks } = body;
  if (typeof mode === 'string') return isNetwork(mode) ? [[plainMode(mode), {}]] : [];
  const named = Array.isArray(networks)
    ? networks.map((key): [string, Body] => [String(key), {}])
    : Object.entries((networks ?? {}) as Record<string, Body | null>);
  return (named.length === 0 ? [['default', {}] as [string, Body]] : named).map(([key, how]) => [
    nameIn('networks', key, model),
    how ?? {},
  ]);
}

/** What the file says of a service's networks, and which networks are not compared whole. */
export function networksOfService(service: Service, model: Model, standing: Sharing, set: Set): string[] {
  const mode = service.body['network_mode'];
  if (typeof mode === 'string' && !isNetwork(mode)) set('network_mode', sharing(mode, standing));
  const unread: string[] = [];
  for (const [name, how] of networksOf(service, model)) {
    if (BARE.has(name)) {
      set('network_mode', name);
      continue;
    }
    set(`networks.${name}`, 'joined');
    const aliases = textsIn(how['aliases']).filter((alias) => alias !== service.name);
    set(`networks.${name}.aliases`, words(aliases));
    for (const [key] of ADDRESSES) set(`networks.${name}.${key}`, how[key]);
    set(`networks.${name}.link_local_ips`, words(textsIn(how['link_local_ips'])));
    set(`networks.${name}.driver_opts`, words(pairsOf(how['driver_opts']).map((pair) => pair.join('='))));
    for (const key of ['mac_address', 'interface_name', 'gw_priority'])
      if (how[key] !== undefined) unread.push(`networks.${name}.${key}`);
  }
  return unread;
}

/** The same of a container that stands; names that Compose or the engine gives each of them are left out. */
export function networksOfContainer(found: Inspected, service: string, standing: Sharing, set: Set): void {
  const { Id, Name, Config, HostConfig, NetworkSettings } = found;
  const mode = HostConfig.NetworkMode ?? '';
  if (!isNetwork(mode)) set('network_mode', sharing(mode, standing));
  if (mode.startsWith('container:')) return;
  const given = new Set([service, Name.replace(/^\//, ''), Id.slice(0, SHORT_ID), Config.Hostname]);
  for (const [name, endpoint] of Object.entries(NetworkSettings.Networks)) {
    if (BARE.has(name)) continue;
    const { Aliases, IPAMConfig, DriverOpts } = endpoint as {
      Aliases?: string[] | null;
      IPAMConfig?: Body | null;
      DriverOpts?: Body | null;
    };
    set(`networks.${name}`, 'joined');
    set(`networks.${name}.aliases`, words((Aliases ?? []).filter((alias) => !given.has(alias))));
    for (const [key, own] of ADDRESSES) set(`networks.${name}.${key}`, IPAMConfig?.[own] || null);
    set(`networks.${name}.link_local_ips`, words(textsIn(IPAMConfig?.['LinkLocalIPs'])));
    set(`networks.${name}.driver_opts`, words(pairsOf(DriverOpts).map((pair) => pair.join('='))));
  }
}

const words = (texts: readonly string[]): string | null =>
  texts.length === 0 ? null : [...new Set(texts)].toSorted().join(' ');

/** Whether a mode is the name of a network that can be joined. */
const isNetwork = (mode: string): boolean =>
  mode !== '' && !BARE.has(mode) && !/^(container|service):/.test(mode);
const plainMode = (mode: string): string => (mode === 'default' ? 'bridge' : mode);

/** Whose containers can be shared with. */
export type Sharing = Pick<Standing, 'containers' | 'names'>;

/** `container:…` as the service whose container that is, or else with its name: the engine tells ids. */
export function sharing(mode: unknown, { containers, names }: Sharing): string | null {
  const text = plainText(mode);
  const [, whose] = /^container:(.+)$/.exec(text ?? '') ?? [];
  if (whose === undefined) return text;
  const own = containers.find(({ Id, Name }) => Id.startsWith(whose) || Name === `/${whose}`);
  if (own !== undefined) return `service:${own.Config.Labels?.['com.docker.compose.service'] ?? ''}`;
  return `container:${names.get(whose.slice(0, SHORT_ID)) ?? whose}`;
}

import {
  type HostPower,
  PRIVILEGED,
  capabilityPower,
  devicePower,
  deviceRulePower,
  folderPower,
  namespacePower,
  networkDriverPower,
  runtimePower,
  securityPower,
  strangePower,
  volumePaths,
} from '../../../core/host-power.ts';
import { type Place, type Value, entriesOf, itemsOf, textOf, valueAt, isHidden } from '../document/value.ts';
import { mountOf } from '../document/volumes.ts';
import type { Operation } from '../operations/schema.ts';
import { withoutItem } from '../resolve/problem.ts';
import { servicesOf } from '../resolve/project.ts';
import { textsOf, under } from '../resolve/reading.ts';

/** What a file gives a container over the host; each kind is a circumstance that rules speak of. */
export interface Power {
  readonly kind: 'compose_privileged' | 'compose_host_control' | 'compose_host_mount' | 'mounts_own_state';
  /** The service; empty for what is declared for all of them. */
  readonly service: string;
  readonly what: string;
  readonly place: Place;
  /** What takes it away. */
  readonly mend: readonly Operation[];
}

/** Where a path of a file leads, and whether agents may write there anyway. */
export interface Ground {
  baseOf(file: string): string;
  isInside(path: string): Promise<boolean>;
  /** Whether it is, lies in, or holds the folder of homeostat's state or configuration. */
  isOwn(path: string): boolean;
  /** Whether it holds a secret that is shown to no agent. */
  isSecret(path: string): boolean;
}

/** The circumstance that rules speak of, for each power of the one list. */
const KIND = {
  control: 'compose_host_control',
  walls: 'compose_privileged',
  files: 'compose_host_mount',
} as const satisfies Record<HostPower, Power['kind']>;

/** Every power that a project's services have, with variables filled in. */
export async function powersOf(root: Value, ground: Ground): Promise<Power[]> {
  const powers: Power[] = [];
  const services = new Map(servicesOf(root).map(([name, { value }]) => [name, value]));
  for (const [name, value] of services) {
    powers.push(...privilegesOf(name, value, services));
    for (const folder of [...foldersOf(value), ...inherited(value, services)])
      powers.push(...(await reached(name, folder, ground)));
  }
  for (const folder of declared(root)) powers.push(...(await reached('', folder, ground)));
  return [...powers, ...networksOf(root)];
}

function privilegesOf(service: string, value: Value, services: ReadonlyMap<string, Value>): Power[] {
  const found: Power[] = [];
  const add = (what: string, at: Value, key: string, power: HostPower | null): void => {
    if (power === null) return;
    const items = itemsOf(valueAt(value, [key]));
    const mend = items.includes(at)
      ? withoutItem(service, key, items, at)
      : [{ op: 'remove_field' as const, service, name: key }];
    found.push({ kind: KIND[power], service, what, place: at.place, mend });
  };
  const flag = valueAt(value, ['privileged']);
  if (isTrue(flag)) add('privileged', flag, 'privileged', PRIVILEGED);
  const socket = valueAt(value, ['use_api_socket']);
  if (isTrue(socket)) add('use_api_socket', socket, 'use_api_socket', 'control');
  for (const [key, what, powerOf] of FIELDS)
    for (const item of onesAt(value, key)) {
      const text = textOf(item) ?? '';
      if (key === 'volumes_from' && services.has(sourceOf(text))) continue;
      add(what(key, text), item, key, isHidden(item) ? 'walls' : powerOf(text));
    }
  for (const item of itemsOf(valueAt(value, ['devices']))) {
    const source = deviceOf(item);
    add(`devices ${source}`.trim(), item, 'devices', source === '' ? 'walls' : devicePower(source));
  }
  for (const path of [['gpus'], ['deploy', 'resources', 'reservations', 'devices']]) {
    const at = valueAt(value, path);
    if (at !== undefined) add(path.join('.'), at, path[0] ?? '', 'walls');
  }
  for (const key of ['post_start', 'pre_stop'])
    for (const item of itemsOf(valueAt(value, [key])))
      if (isTrue(valueAt(item, ['privileged']))) add(`${key} privileged`, item, key, PRIVILEGED);
  const provider = valueAt(value, ['provider']);
  if (provider !== undefined)
    add('provider, which runs a program on the host', provider, 'provider', 'walls');
  const build = valueAt(value, ['build']);
  const entitled =
    build?.kind === 'map' &&
    (isTrue(valueAt(build, ['privileged'])) || valueAt(build, ['entitlements']) !== undefined);
  if (build !== undefined && entitled) add('build with entitlements', build, 'build', PRIVILEGED);
  return found;
}

const isTrue = (at: Value | undefined): at is Value =>
  at !== undefined && !/^(false|no|off|n|0)?$/i.test(textOf(at) ?? '');

const withText = (key: string, text: string): string => `${key} ${text}`.trim();
const shared = (key: string, text: string): string =>
  `${key}: ${text.startsWith('container:') ? 'of another container' : 'host'}`;

/** Fields that hold one text or several, what is told of each, and what power that is. */
const FIELDS: readonly (readonly [string, typeof withText, (text: string) => HostPower | null])[] = [
  ...['pid', 'ipc', 'uts', 'userns_mode', 'cgroup', 'network_mode'].map(
    (key) => [key, shared, namespacePower] as const,
  ),
  ['cap_add', withText, capabilityPower],
  ['security_opt', withText, securityPower],
  ['device_cgroup_rules', withText, deviceRulePower],
  ['runtime', withText, runtimePower],
  ['volumes_from', withText, () => 'walls'],
];

function onesAt(service: Value, key: string): readonly Value[] {
  const at = valueAt(service, [key]);
  if (at === undefined) return [];
  return at.kind === 'list' ? itemsOf(at) : [at];
}

/** The path on the host, of `/dev/sda:/dev/x:rwm` as of `{source: /dev/sda}`; empty where it is not shown. */
const deviceOf = (item: Value): string => {
  const at = item.kind === 'map' ? valueAt(item, ['source']) : item;
  return at === undefined || isHidden(at) ? '' : (textOf(at) ?? '').replace(/:.*/s, '');
};

const unmounted = (service: string, at: Value): Operation[] => {
  const target = mountOf(at)?.target ?? '';
  return target === '' ? [] : [{ op: 'remove_volume', service, name: target }];
};

interface Folder {
  readonly source: string;
  readonly readOnly: boolean;
  readonly what: string;
  readonly at: Value;
  /** The file that the path is of, where `at` stands in another. */
  readonly base?: string;
}

/** Paths of the host that a service is given or is made from. */
function foldersOf(service: Value): Folder[] {
  const mounts = itemsOf(valueAt(service, ['volumes'])).flatMap((item): Folder[] => {
    const mount = mountOf(item);
    const hidden = isHidden(item) || (item.kind === 'map' && isHidden(valueAt(item, ['source'])));
    if (mount === null || (mount.type !== 'bind' && !hidden)) return [];
    return [{ source: hidden ? '' : mount.source, readOnly: mount.readOnly, what: 'mount', at: item }];
  });
  const files = ['env_file', 'label_file'].flatMap((key) => {
    const at = valueAt(service, [key]);
    return at === undefined
      ? []
      : textsOf(at).map((source): Folder => ({ source, readOnly: true, what: key, at }));
  });
  const build = valueAt(service, ['build']);
  const context = build?.kind === 'map' ? valueAt(build, ['context']) : build;
  const text = textOf(context);
  const isRemote = /^(\w+:\/\/|git@|github\.com\/)/.test(text ?? '');
  if (context === undefined || text === undefined || isRemote) return [...mounts, ...files];
  return [...mounts, ...files, { source: text, readOnly: true, what: 'build', at: context }];
}

/** The service or container of `db:ro`. */
const sourceOf = (text: string): string =>
  text.startsWith('container:') ? text : text.replace(/:r[ow]$/, '');

/** What a service has by `volumes_from` of others of the file: the folders that those are given, at the line that asks. */
function inherited(
  service: Value,
  services: ReadonlyMap<string, Value>,
  seen: ReadonlySet<string> = new Set(),
): Folder[] {
  return itemsOf(valueAt(service, ['volumes_from'])).flatMap((at) => {
    const text = textOf(at) ?? '';
    const name = sourceOf(text);
    const from = services.get(name);
    if (from === undefined || seen.has(name)) return [];
    const folders = foldersOf(from).filter(({ what }) => what === 'mount');
    const further = inherited(from, services, new Set([...seen, name]));
    return [...folders, ...further].map(({ source, readOnly, at: given }) => ({
      source,
      readOnly: readOnly || text.endsWith(':ro'),
      what: `by volumes_from ${name}: mount`,
      at,
      base: given.place.file,
    }));
  });
}

/** Volumes that are folders of the host in disguise, and files that become secrets or configs. */
function declared(root: Value): Folder[] {
  const volumes = entriesOf(valueAt(root, ['volumes'])).flatMap(([name, { value }]) =>
    volumeFolders(name, value),
  );
  const files = ['secrets', 'configs'].flatMap((section) =>
    entriesOf(valueAt(root, [section])).flatMap(([name, { value }]): Folder[] => {
      const at = valueAt(value, ['file']);
      return at === undefined
        ? []
        : [{ source: textOf(at) ?? '', readOnly: true, what: `${section} ${name}`, at }];
    }),
  );
  return [...volumes, ...files];
}

/** Paths that a volume's driver is given; where it is another driver than the engine's own, nobody can tell which. */
function volumeFolders(name: string, volume: Value): Folder[] {
  const folder = (at: Value, source: string): Folder => ({
    source,
    readOnly: false,
    what: `volume ${name}`,
    at,
  });
  const driver = valueAt(volume, ['driver']);
  if (driver !== undefined && textOf(driver) !== 'local') return [folder(driver, '')];
  const [device, type, options] = ['device', 'type', 'o'].map((key) => valueAt(volume, ['driver_opts', key]));
  if (isHidden(type) || isHidden(options) || isHidden(device)) return [folder(volume, '')];
  const texts = { type: textOf(type), o: textOf(options), device: textOf(device) };
  return volumePaths(texts).map((path) =>
    folder(path === textOf(device) ? (device ?? volume) : (options ?? device ?? volume), path),
  );
}

/** Networks that are the machine's own, or lie on one of its interfaces. */
function networksOf(root: Value): Power[] {
  return entriesOf(valueAt(root, ['networks'])).flatMap(([name, { value, place }]) => {
    const named = textOf(valueAt(value, ['name'])) ?? textOf(valueAt(value, ['external', 'name'])) ?? name;
    const driver = valueAt(value, ['driver']);
    const isPlain = networkDriverPower(textOf(driver) ?? '') === null && !isHidden(driver);
    const isOwn = /^(host|container:.*)$/.test(named) || isHidden(valueAt(value, ['name']));
    if (isPlain && !isOwn) return [];
    const what = isOwn ? `network ${named}` : `network of the driver ${textOf(driver) ?? ''}`;
    return [{ kind: 'compose_privileged' as const, service: '', what, place, mend: [] }];
  });
}

async function reached(
  service: string,
  { source, readOnly, what, at, base = at.place.file }: Folder,
  ground: Ground,
): Promise<Power[]> {
  const power = (kind: Power['kind']): Power => ({
    kind,
    service,
    what: `${what} ${source || 'of a folder that is not shown'}`,
    place: at.place,
    mend: service !== '' && what === 'mount' ? unmounted(service, at) : [],
  });
  if (source === '' || source.startsWith('~')) return [power('compose_host_mount')];
  const path = under(ground.baseOf(base), source);
  const given = folderPower(path, readOnly);
  if (given !== null) return [power(KIND[given])];
  // To read is enough: the record and the approver's file are there.
  if (ground.isOwn(path)) return [power('mounts_own_state')];
  if (await ground.isInside(path)) return [];
  if (ground.isSecret(path)) return [power('compose_host_control')];
  const strange = strangePower(path, readOnly);
  return strange === null ? [] : [power(KIND[strange])];
}

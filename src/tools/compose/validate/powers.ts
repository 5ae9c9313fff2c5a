import { posix } from 'node:path';
import { ENGINE_SOCKET, MACHINE_FOLDER, POWERFUL_CAPABILITY } from '../../../core/host-power.ts';
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

/** Folders that give whoever may write them the whole machine, and those above the sockets that do. */
const CONTROL =
  /^\/(|etc|root|home|boot|dev|usr|var|proc|sys|lib|lib64|bin|sbin|opt|run|srv|mnt|var\/(lib|run)|var\/lib\/(docker|containerd)|etc\/(cron[\w.]*|systemd|docker|ssh|sudoers\.d)|root\/\.ssh)(\/|$)/;
const NAMESPACES = ['pid', 'ipc', 'uts', 'userns_mode', 'cgroup', 'network_mode'] as const;

/** Every power that a project's services have, with variables filled in. */
export async function powersOf(root: Value, ground: Ground): Promise<Power[]> {
  const powers: Power[] = [];
  for (const [name, { value }] of servicesOf(root)) {
    powers.push(...privilegesOf(name, value));
    for (const folder of foldersOf(value)) powers.push(...(await reached(name, folder, ground)));
  }
  for (const folder of declared(root)) powers.push(...(await reached('', folder, ground)));
  return [...powers, ...networksOf(root)];
}

function privilegesOf(service: string, value: Value): Power[] {
  const found: Power[] = [];
  const add = (what: string, at: Value, key: string, kind: Power['kind'] = 'compose_privileged'): void => {
    const items = itemsOf(valueAt(value, [key]));
    const mend = items.includes(at)
      ? withoutItem(service, key, items, at)
      : [{ op: 'remove_field' as const, service, name: key }];
    found.push({ kind, service, what, place: at.place, mend });
  };
  const isTrue = (at: Value | undefined): at is Value =>
    at !== undefined && !/^(false|no|off|n|0)?$/i.test(textOf(at) ?? '');
  const flag = valueAt(value, ['privileged']);
  if (isTrue(flag)) add('privileged', flag, 'privileged');
  const socket = valueAt(value, ['use_api_socket']);
  if (isTrue(socket)) add('use_api_socket', socket, 'use_api_socket', 'compose_host_control');
  for (const key of NAMESPACES) {
    const at = valueAt(value, [key]);
    if (at !== undefined && (textOf(at) === 'host' || isHidden(at))) add(`${key}: host`, at, key);
    if (textOf(at)?.startsWith('container:') === true && at !== undefined)
      add(`${key}: of another container`, at, key);
  }
  for (const item of itemsOf(valueAt(value, ['cap_add'])))
    if (POWERFUL_CAPABILITY.test(textOf(item) ?? '') || isHidden(item))
      add(`cap_add ${textOf(item) ?? ''}`, item, 'cap_add');
  for (const item of itemsOf(valueAt(value, ['security_opt'])))
    if (
      /unconfined|disable|writable-cgroups|^(seccomp|apparmor)[=:]/.test(textOf(item) ?? '') ||
      isHidden(item)
    )
      add(`security_opt ${textOf(item) ?? ''}`, item, 'security_opt');
  for (const key of ['devices', 'device_cgroup_rules'])
    for (const item of itemsOf(valueAt(value, [key]))) add(`${key} ${textOf(item) ?? ''}`.trim(), item, key);
  for (const path of [['gpus'], ['deploy', 'resources', 'reservations', 'devices']]) {
    const at = valueAt(value, path);
    if (at !== undefined) add(path.join('.'), at, path[0] ?? '');
  }
  const runtime = valueAt(value, ['runtime']);
  if (runtime !== undefined && textOf(runtime) !== 'runc')
    add(`runtime ${textOf(runtime) ?? ''}`, runtime, 'runtime');
  for (const item of itemsOf(valueAt(value, ['volumes_from'])))
    add(`volumes_from ${textOf(item) ?? ''}`, item, 'volumes_from');
  for (const key of ['post_start', 'pre_stop'])
    for (const item of itemsOf(valueAt(value, [key])))
      if (isTrue(valueAt(item, ['privileged']))) add(`${key} privileged`, item, key);
  const provider = valueAt(value, ['provider']);
  if (provider !== undefined) add('provider, which runs a program on the host', provider, 'provider');
  const build = valueAt(value, ['build']);
  const entitled =
    build?.kind === 'map' &&
    (isTrue(valueAt(build, ['privileged'])) || valueAt(build, ['entitlements']) !== undefined);
  if (build !== undefined && entitled) add('build with entitlements', build, 'build');
  return found;
}

const unmounted = (service: string, at: Value): Operation[] => {
  const target = mountOf(at)?.target ?? '';
  return target === '' ? [] : [{ op: 'remove_volume', service, name: target }];
};

interface Folder {
  readonly source: string;
  readonly readOnly: boolean;
  readonly what: string;
  readonly at: Value;
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
  const paths = [...(textOf(options) ?? '').matchAll(/(?<=[=:,])\/[^,:]*/g)].map(([path]) => path);
  const among = options === undefined ? [] : paths.map((path) => folder(options, path));
  if (isHidden(type) || isHidden(options) || isHidden(device)) return [folder(volume, '')];
  // The kernel looks at no type where it is told to show a folder a second time.
  const isBind = /\b(r?bind|move)\b/.test(textOf(options) ?? '');
  const isApart = !isBind && /^(nfs\d?|cifs|tmpfs)$/.test(textOf(type) ?? '');
  if (isApart) return [];
  if (device === undefined) return among;
  const isFolder = isBind || ['none', undefined].includes(textOf(type));
  const source = textOf(device) ?? '';
  return [...among, folder(device, isFolder || source.startsWith('/') ? source : '')];
}

/** Networks that are the machine's own, or lie on one of its interfaces. */
function networksOf(root: Value): Power[] {
  return entriesOf(valueAt(root, ['networks'])).flatMap(([name, { value, place }]) => {
    const named = textOf(valueAt(value, ['name'])) ?? textOf(valueAt(value, ['external', 'name'])) ?? name;
    const driver = valueAt(value, ['driver']);
    const isPlain = driver === undefined || ['bridge', 'overlay', 'null'].includes(textOf(driver) ?? '');
    const isOwn = /^(host|container:.*)$/.test(named) || isHidden(valueAt(value, ['name']));
    if (isPlain && !isOwn) return [];
    const what = isOwn ? `network ${named}` : `network of the driver ${textOf(driver) ?? ''}`;
    return [{ kind: 'compose_privileged' as const, service: '', what, place, mend: [] }];
  });
}

async function reached(
  service: string,
  { source, readOnly, what, at }: Folder,
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
  const path = posix.normalize(under(ground.baseOf(at.place.file), source)).replace(/(?<=.)\/$/, '');
  if (ENGINE_SOCKET.test(path)) return [power('compose_host_control')];
  if (MACHINE_FOLDER.test(path) && (!readOnly || path === '/' || path.endsWith('/run')))
    return [power('compose_host_control')];
  // To read is enough: the record and the approver's file are there.
  if (ground.isOwn(path)) return [power('mounts_own_state')];
  if (await ground.isInside(path)) return [];
  if (ground.isSecret(path)) return [power('compose_host_control')];
  return [
    power(
      CONTROL.test(path) && !readOnly && /^\/(etc|root|boot|dev|proc|sys)(\/|$)/.test(path)
        ? 'compose_host_control'
        : 'compose_host_mount',
    ),
  ];
}

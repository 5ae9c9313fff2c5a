import { posix } from 'node:path';
import { ENGINE_SOCKET, MACHINE_FOLDER, POWERFUL_CAPABILITY } from '../../../core/host-power.ts';
import {
  type Place,
  type Value,
  difference,
  entriesOf,
  itemsOf,
  plainOf,
  textOf,
  valueAt,
} from '../document/value.ts';
import { mountOf } from '../document/volumes.ts';
import { servicesOf } from '../resolve/project.ts';
import { textsOf, under } from '../resolve/reading.ts';

/** What a file gives a container over the host; each kind is a circumstance that rules speak of. */
export interface Power {
  readonly kind: 'compose_privileged' | 'compose_host_control' | 'compose_host_mount';
  /** The service; empty for what is declared for all of them. */
  readonly service: string;
  readonly what: string;
  readonly place: Place;
}

/** Where a path of a file leads, and whether agents may write there anyway. */
export interface Ground {
  baseOf(file: string): string;
  isInside(path: string): Promise<boolean>;
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
  return powers;
}

function privilegesOf(service: string, value: Value): Power[] {
  const found: Power[] = [];
  const add = (what: string, at: Value, kind: Power['kind'] = 'compose_privileged'): void => {
    found.push({ kind, service, what, place: at.place });
  };
  const isTrue = (at: Value | undefined): at is Value =>
    at !== undefined && !/^(false|no|off|n|0)?$/i.test(textOf(at) ?? '');
  const flag = valueAt(value, ['privileged']);
  if (isTrue(flag)) add('privileged', flag);
  const socket = valueAt(value, ['use_api_socket']);
  if (isTrue(socket)) add('use_api_socket', socket, 'compose_host_control');
  for (const key of NAMESPACES) {
    const at = valueAt(value, [key]);
    if (at !== undefined && (textOf(at) === 'host' || isHidden(at))) add(`${key}: host`, at);
    if (textOf(at)?.startsWith('container:') === true && at !== undefined)
      add(`${key}: of another container`, at);
  }
  for (const item of itemsOf(valueAt(value, ['cap_add'])))
    if (POWERFUL_CAPABILITY.test(textOf(item) ?? '') || isHidden(item))
      add(`cap_add ${textOf(item) ?? ''}`, item);
  for (const item of itemsOf(valueAt(value, ['security_opt'])))
    if (/unconfined|disable|writable-cgroups/.test(textOf(item) ?? '') || isHidden(item))
      add(`security_opt ${textOf(item) ?? ''}`, item);
  for (const key of ['devices', 'device_cgroup_rules'])
    for (const item of itemsOf(valueAt(value, [key]))) add(`${key} ${textOf(item) ?? ''}`.trim(), item);
  for (const item of itemsOf(valueAt(value, ['volumes_from'])))
    add(`volumes_from ${textOf(item) ?? ''}`, item);
  for (const key of ['post_start', 'pre_stop'])
    for (const item of itemsOf(valueAt(value, [key])))
      if (isTrue(valueAt(item, ['privileged']))) add(`${key} privileged`, item);
  const provider = valueAt(value, ['provider']);
  if (provider !== undefined) add('provider, which runs a program on the host', provider);
  const build = valueAt(value, ['build']);
  const entitled =
    build?.kind === 'map' &&
    (isTrue(valueAt(build, ['privileged'])) || valueAt(build, ['entitlements']) !== undefined);
  if (build !== undefined && entitled) add('build with entitlements', build);
  return found;
}

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
  const volumes = entriesOf(valueAt(root, ['volumes'])).flatMap(([name, { value }]): Folder[] => {
    const device = valueAt(value, ['driver_opts', 'device']);
    const type = textOf(valueAt(value, ['driver_opts', 'type'])) ?? 'none';
    if (device === undefined || /^(nfs\d?|cifs|tmpfs)$/.test(type)) return [];
    return [
      {
        source: isHidden(device) ? '' : (textOf(device) ?? ''),
        readOnly: false,
        what: `volume ${name}`,
        at: device,
      },
    ];
  });
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

const isHidden = (value: Value | undefined): boolean => value?.kind === 'scalar' && value.hidden === true;

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
  });
  if (source === '' || source.startsWith('~')) return [power('compose_host_mount')];
  const path = posix.normalize(under(ground.baseOf(at.place.file), source)).replace(/(?<=.)\/$/, '');
  if (ENGINE_SOCKET.test(path)) return [power('compose_host_control')];
  if (MACHINE_FOLDER.test(path) && (!readOnly || path === '/' || path.endsWith('/run')))
    return [power('compose_host_control')];
  if (await ground.isInside(path)) return [];
  return [
    power(
      CONTROL.test(path) && !readOnly && /^\/(etc|root|boot|dev|proc|sys)(\/|$)/.test(path)
        ? 'compose_host_control'
        : 'compose_host_mount',
    ),
  ];
}

/** What a change gives that was not given before, as circumstances; and whether it changes what runs with power. */
export function gained(
  before: { root: Value; powers: readonly Power[] },
  after: { root: Value; powers: readonly Power[] },
): { circumstances: string[]; what: string[] } {
  const key = ({ kind, service, what }: Power): string => [kind, service, what].join('\0');
  const had = new Set(before.powers.map(key));
  const fresh = after.powers.filter((power) => !had.has(key(power)));
  const powerful = new Set(
    after.powers.flatMap(({ service, kind }) => (kind === 'compose_host_mount' ? [] : [service])),
  );
  const rerun = [...powerful].filter((service) =>
    RUNS.some((name) => {
      const [then, now] = [before, after].map(({ root }) => valueAt(root, ['services', service, name]));
      return (
        difference(then === undefined ? null : plainOf(then), now === undefined ? null : plainOf(now)) !==
        null
      );
    }),
  );
  return {
    circumstances: [
      ...new Set([
        ...fresh.map(({ kind }) => kind),
        ...(rerun.length > 0 ? ['compose_powerful_service'] : []),
      ]),
    ],
    what: [
      ...fresh.map(({ service, what }) => `it gives ${service === '' ? 'every service' : service} ${what}`),
      ...rerun.map((service) => `it changes what runs in ${service}, which has power over the host`),
    ],
  };
}

/** Keys that decide which program runs in a container. */
const RUNS = [
  'image',
  'build',
  'command',
  'entrypoint',
  'post_start',
  'pre_stop',
  'environment',
  'healthcheck',
];

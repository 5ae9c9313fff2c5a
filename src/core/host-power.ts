import type { Level } from './risk.ts';

/**
 * What a container can be given of the machine that it runs on: the machine itself (`control`), a hole in the walls
 * round it (`walls`), or files that no agent works on (`files`). This is the one list, for command lines, Compose files
 * and containers that stand.
 */
export type HostPower = 'control' | 'walls' | 'files';

/** How bad each is, wherever it is asked for; `registry/rules.yaml` says the same of Compose files. */
export const POWER_LEVEL = { control: 'CRITICAL', walls: 'HIGH', files: 'HIGH' } as const satisfies Record<
  HostPower,
  Level
>;

/** Folders that give whoever may write them the whole machine. */
const MACHINE_FOLDER =
  /^\/(|etc|root|home|boot|dev|usr|var|proc|sys|lib|lib64|bin|sbin|opt|run|var\/(lib|run|lib\/(docker|containerd)))$/;
/** Those in which whatever lies there does, too. */
const CORE_FOLDER = /^\/(etc|root|boot|dev|proc|sys)(\/|$)/;
/** What tells the time, and nothing else. */
const CLOCK = /^\/(etc\/(localtime|timezone)|usr\/share\/zoneinfo(\/.*)?)$/;

const ENGINE_SOCKET = /(docker|podman|containerd|crio|cri-dockerd|buildkitd)[\w.-]*\.sock\b/;

/** Whether a path is that of a socket on which a container engine listens, through which one has the machine. */
export const isEngineSocket = (path: string): boolean => ENGINE_SOCKET.test(path);

/** Disks and the memory, by any of their names. */
const DISK =
  /^\/dev\/(sd|hd|vd|xvd|nvme|mmcblk|disk|rdisk|mapper\/|block\/|dm-|md|loop|ada|da\d|nbd|rbd|zd\d|sr|mem$|kmem$|port$|zvol|ram|vg)/;

/** Whether a path is that of a device that holds a disk or the memory. */
export const isDisk = (path: string): boolean => DISK.test(path);

/** Devices that every container has. */
const EVERYWHERE = /^\/dev\/(null|zero|full|u?random|tty)$/;

/** An absolute path without `.`, `..` and slashes that say nothing. */
function normal(path: string): string {
  if (!path.startsWith('/')) return path;
  const parts: string[] = [];
  for (const part of path.split('/'))
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  return `/${parts.join('/')}`;
}

/** What a folder or file of the machine is, whoever works there. */
export function folderPower(path: string, readOnly: boolean): 'control' | null {
  const at = normal(path);
  if (isEngineSocket(at) || isDisk(at)) return 'control';
  // Who may read everything has the secrets, and who may read the folder of the sockets has those.
  return MACHINE_FOLDER.test(at) && (!readOnly || at === '/' || at.endsWith('/run')) ? 'control' : null;
}

/** What one is that lies in no folder in which agents work. */
export function strangePower(path: string, readOnly: boolean): 'control' | 'files' | null {
  const at = normal(path);
  if (readOnly && CLOCK.test(at)) return null;
  return folderPower(at, readOnly) ?? (CORE_FOLDER.test(at) && !readOnly ? 'control' : 'files');
}

/** What a device is by its name on the machine. */
export function devicePower(path: string): HostPower | null {
  const at = normal(path);
  if (EVERYWHERE.test(at)) return null;
  return isDisk(at) || at === '/dev' ? 'control' : 'walls';
}

/** A rule for devices by number (`b 8:* rmw`): a container may make the node, and has a disk by it. */
export const deviceRulePower = (rule: string): HostPower => (/^\s*c\s/.test(rule) ? 'walls' : 'control');

/** Each gives a container all devices, or any right that root has: no wall is left. */
export const PRIVILEGED: HostPower = 'control';

const CAPABILITY =
  /^(CAP_)?(ALL|SYS_(ADMIN|PTRACE|MODULE|RAWIO|BOOT|TIME)|DAC_READ_SEARCH|NET_ADMIN|BPF|PERFMON|MKNOD|CHECKPOINT_RESTORE|SYSLOG)$/i;

/** Capabilities that reach beyond a container's own walls. */
export const capabilityPower = (name: string): HostPower | null => (CAPABILITY.test(name) ? 'walls' : null);

/** Options that take a container's confinement away, or put somebody's own in its place. */
export const securityPower = (option: string): HostPower | null =>
  /unconfined|disable|writable-cgroups|^(seccomp|apparmor)[=:]/.test(option) ? 'walls' : null;

/** Namespaces (processes, IPC, network, …) that are the machine's own, or another container's. */
export const namespacePower = (mode: string): HostPower | null =>
  mode === 'host' || mode.startsWith('container:') ? 'walls' : null;

/** Runtimes other than the usual one may build no walls at all. */
export const runtimePower = (name: string): HostPower | null =>
  /^(runc|io\.containerd\.runc\.v2)?$/.test(name) ? null : 'walls';

/** Drivers of networks that put a container on one of the machine's own. */
export const networkDriverPower = (driver: string): HostPower | null =>
  /^(bridge|overlay|null|none|)$/.test(driver) ? null : 'walls';

/** Folders and devices that the options of a local volume name (`type=none,o=bind,device=/etc`); empty: nobody can tell. */
export function volumePaths(options: {
  readonly [key in 'type' | 'o' | 'device']?: string | undefined;
}): string[] {
  const { type, o = '', device } = options;
  const among = [...o.matchAll(/(?<=[=:,])\/[^,:]*/g)].map(([path]) => path);
  // The kernel looks at no type where it is told to show a folder a second time.
  const isBind = /\b(r?bind|move)\b/.test(o);
  if (!isBind && /^(nfs\d?|cifs|tmpfs)$/.test(type ?? '')) return [];
  if (device === undefined) return among;
  const isFolder = isBind || type === undefined || type === 'none';
  return [...among, isFolder || device.startsWith('/') ? device : ''];
}

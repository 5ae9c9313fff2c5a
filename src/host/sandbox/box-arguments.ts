import { existsSync, lstatSync, mkdirSync, realpathSync } from 'node:fs';
import { join, relative } from 'node:path';
import { HomeostatError } from '../../core/errors.ts';
import { isInside } from '../../core/inside.ts';
import { type Direct, showDirect } from './direct.ts';
import type { Hidden } from './hidden.ts';
import type { Overlay } from './layers.ts';
import { BOX_CACHES, BOX_HOME, type Session } from './session.ts';

/** What file work as root needs. Devices, mounts, the network and other processes are not among it. */
const KEPT_CAPABILITIES = [
  'CHOWN',
  'DAC_OVERRIDE',
  'FOWNER',
  'FSETID',
  'SETGID',
  'SETUID',
  'KILL',
  'NET_BIND_SERVICE',
];

export interface Box {
  readonly overlays: readonly Overlay[];
  /** Roots that are shown as they stand. */
  readonly direct: Direct;
  readonly hidden: readonly Hidden[];
  /** Of roots in the private /tmp, see `placesInTmp`. */
  readonly places: readonly string[];
  readonly session: Session;
  /** Paths of /run that are shown. */
  readonly runtime: readonly string[];
  readonly network: boolean;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /** Null as root; else the caller's own, which the box maps back to. */
  readonly user: { uid: number; gid: number } | null;
  readonly sharedMemoryBytes: number;
}

/** The arguments of bubblewrap, see bwrap(1); it works them off in their order, so that what comes later lies on top. */
export function boxArguments(box: Box): string[] {
  const { overlays, direct, hidden, places, session, network, cwd, env, user } = box;
  const roots = [...overlays.map(({ root }) => root), ...direct.roots];
  const inRoot = (path: string): boolean => roots.some((root) => isInside(path, root));
  return [
    '--ro-bind',
    '/',
    '/',
    ...devices(box.sharedMemoryBytes),
    // Its settings are the machine's, and root may write them.
    '--proc',
    '/proc',
    '--remount-ro',
    '/proc',
    ...runFolder(box),
    '--bind',
    session.tmp,
    '/tmp',
    '--bind',
    session.varTmp,
    realpathSync.native('/var/tmp'),
    ...hidden.filter(({ path }) => !inRoot(path)).flatMap((path) => hide(path, session)),
    ...places.flatMap((path) => ['--tmpfs', path]),
    ...overlays.flatMap(showRoot),
    ...showDirect(direct),
    // Only now: the places of the roots had to be made in them.
    ...places.flatMap((path) => ['--remount-ro', path]),
    ...hidden.filter(({ path }) => inRoot(path)).flatMap((path) => hide(path, session)),
    ...hidden
      .filter(({ path, folder }) => folder && inRoot(path))
      .flatMap(({ path }) => ['--remount-ro', path]),
    ...overlays.flatMap(guardGit),
    '--unshare-pid',
    '--unshare-ipc',
    '--unshare-uts',
    '--unshare-cgroup-try',
    ...(network ? [] : ['--unshare-net']),
    ...(user === null
      ? ['--cap-drop', 'ALL', ...KEPT_CAPABILITIES.flatMap((name) => ['--cap-add', `CAP_${name}`])]
      : ['--unshare-user', '--uid', String(user.uid), '--gid', String(user.gid)]),
    '--die-with-parent',
    '--new-session',
    '--chdir',
    cwd,
    '--clearenv',
    ...Object.entries(env).flatMap(([name, value]) => ['--setenv', name, value]),
  ];
}

/** Shared memory is the memory that no process shows as its own: it has a size of its own. */
const devices = (bytes: number): string[] => [
  '--dev',
  '/dev',
  '--perms',
  '1777',
  '--size',
  String(bytes),
  '--tmpfs',
  '/dev/shm',
  '--remount-ro',
  '/dev',
];

/** An empty /run: one connects to sockets through a read-only mount too. */
function runFolder({ runtime, session }: Box): string[] {
  const shown = runtime.flatMap((path) => (existsSync(path) ? ['--ro-bind', path, path] : []));
  const own = ['--bind', session.home, BOX_HOME, '--bind', session.caches, BOX_CACHES];
  return ['--tmpfs', '/run', ...shown, ...own, '--remount-ro', '/run'];
}

/**
 * An empty file system over a folder costs a fifth of binding an empty folder there, and of making it read-only: root
 * may write a page to it, which is lost; an ordinary user may not.
 */
const hide = ({ path, folder }: Hidden, { emptyFile }: Session): string[] =>
  folder ? ['--perms', '0555', '--size', '4096', '--tmpfs', path] : ['--ro-bind', emptyFile, path];

const showRoot = ({ root, folder, nested }: Overlay): string[] => [
  '--bind',
  folder,
  root,
  ...nested.flatMap((point) => ['--ro-bind', point, point]),
];

/**
 * Where a root lies in /tmp, the folders down to it are made in the private one. An agent writes there and could lay a
 * link in the way, which bubblewrap would follow out of the box: what leads to the root is a file system of its own.
 */
export const placesInTmp = (roots: readonly string[], session: Session): string[] => [
  ...new Set(roots.flatMap((root) => placeInTmp(root, session))),
];

function placeInTmp(root: string, session: Session): string[] {
  for (const [place, folder] of [
    ['/tmp', session.tmp],
    ['/var/tmp', session.varTmp],
  ] as const) {
    if (root === place)
      throw new HomeostatError(
        'unsafe_root',
        `${place} is private to each connection; name a folder in it as root`,
      );
    if (!isInside(root, place)) continue;
    const [first = ''] = relative(place, root).split('/');
    const held = join(folder, first);
    if (lstatSync(held, { throwIfNoEntry: false }) === undefined) mkdirSync(held);
    if (lstatSync(held).isDirectory()) return join(place, first) === root ? [] : [join(place, first)];
    throw new HomeostatError('unsafe_root', `${held} is in the way of the root ${root}: a person removes it`);
  }
  return [];
}

function guardGit({ root, folder, guards }: Overlay): string[] {
  const bind =
    (how: string) =>
    (path: string): string[] => [how, join(folder, path), join(root, path)];
  return [...guards.pinned.flatMap(bind('--bind')), ...guards.readOnly.flatMap(bind('--ro-bind'))];
}

/** The folder that `/etc/resolv.conf` really lies in, if that is in /run. */
export function resolverPaths(): string[] {
  try {
    const real = realpathSync.native('/etc/resolv.conf');
    return isInside(real, '/run') ? [real] : [];
  } catch {
    return [];
  }
}

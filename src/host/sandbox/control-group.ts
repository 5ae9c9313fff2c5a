import { existsSync, mkdirSync, readFileSync, readdirSync, rmdir, writeFile, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Limit, SandboxRequest } from '../../core/sandbox.ts';
import { ownIdentity } from '../identity.ts';
import { type Mount, mounts } from './mounts.ts';

/** Limits that the kernel holds over all processes of a box together; see cgroups(7). */
export interface ControlGroup {
  /** A process that writes 0 here is in it, and all that it starts. */
  readonly entry: string;
  readonly limitsBy: string;
  /** The limit that the kernel ended something for. */
  exceeded(): Limit | null;
  remove(): void;
}

/**
 * The kernel counts threads as processes. A box is ended by its processes, counted from outside; this many times as
 * many tasks is what it cannot pass in between, so that a fork bomb does not take the machine's process numbers.
 */
export const TASKS_PER_PROCESS = 10;

const NAME = 'homeostat-';

interface Place {
  readonly parent: string;
  /** The group that this process is in. */
  readonly own: string;
  readonly memory: boolean;
}

let made = 0;
const { owner, isAlive } = ownIdentity();

/** Null where this process may not make one. Its limits are what `watch` holds alone otherwise. */
export function openControlGroup(limits: SandboxRequest['limits']): ControlGroup | null {
  const place = findPlace(mounts());
  if (place === null) return null;
  if (made === 0) sweep(place.parent);
  announce(place);
  const folder = join(place.parent, `${NAME}${owner}:${++made}`);
  const write = (file: string, value: number): void => writeFileSync(join(folder, file), String(value));
  try {
    mkdirSync(folder);
    write('pids.max', limits.processes * TASKS_PER_PROCESS);
    if (place.memory) {
      write('memory.max', limits.memoryBytes);
      write('memory.oom.group', 1);
    }
  } catch {
    remove(folder);
    return null;
  }
  return {
    entry: join(folder, 'cgroup.procs'),
    limitsBy: place.memory ? 'cgroup' : 'cgroup for processes, rlimits and polling',
    exceeded() {
      if (place.memory && count(folder, 'memory.events', 'oom_kill') > 0) return 'memory';
      return count(folder, 'pids.events', 'max') > 0 ? 'processes' : null;
    },
    remove: () => remove(folder),
  };
}

/** Removes the groups of processes that were killed before they could; one with a process in it stays. */
function sweep(parent: string): void {
  for (const name of readdirSync(parent))
    if (name.startsWith(NAME) && isAlive(name.slice(NAME.length)) === false) remove(join(parent, name));
}

/** A group that only tells what an action has started, wherever that has gone by now; it has no limits. */
export interface ActionGroup {
  readonly entry: string;
  /** Kills all that is in it, and removes it when they are gone. */
  end(): void;
}

/** Null where this process may not make one: then only the marks tell. */
export function openActionGroup(actionId: string): ActionGroup | null {
  const folder = actionFolders(actionId).find((path) => {
    try {
      mkdirSync(path, { recursive: true });
      return existsSync(join(path, 'cgroup.procs'));
    } catch {
      return false;
    }
  });
  return folder === undefined ? null : { entry: join(folder, 'cgroup.procs'), end: () => endFolder(folder) };
}

/** Ends what an action of a server that is gone has left in its group. */
export function endActionGroup(actionId: string): void {
  for (const folder of actionFolders(actionId)) if (existsSync(folder)) endFolder(folder);
}

const REMOVE_TRIES = 100;

function endFolder(folder: string, tries = REMOVE_TRIES): void {
  killMembers(join(folder, 'cgroup.procs'));
  remove(folder);
  // One that forks while it is looked for, or takes its time to die, is met the next time.
  if (tries > 0 && existsSync(folder)) setTimeout(() => endFolder(folder, tries - 1), 2);
}

function actionFolders(actionId: string): string[] {
  const mounted = mounts();
  const name = `homeostat-action-${actionId}`;
  const own = readOr('/proc/self/cgroup');
  const unified = mounted.find(({ type }) => type === 'cgroup2');
  const path = /^0::(.*)$/m.exec(own)?.[1];
  const pids = mounted.find(({ type, point }) => type === 'cgroup' && point.endsWith('/pids'));
  const below = /^\d+:pids:(.*)$/m.exec(own)?.[1];
  return [
    ...(unified === undefined || path === undefined ? [] : [join(unified.point, dirname(path), name)]),
    ...(pids === undefined || below === undefined ? [] : [join(pids.point, below, name)]),
  ];
}

/** Beside the group of this process in the unified hierarchy, or below it in the older one of processes. */
function findPlace(mounted: readonly Mount[]): Place | null {
  const own = readOr('/proc/self/cgroup').split('\n');
  const groupOf = (start: RegExp): string | null =>
    own.map((line) => start.exec(line)?.[1]).find((path) => path) ?? null;
  const unified = mounted.find(({ type }) => type === 'cgroup2');
  const path = groupOf(/^0::(.*)$/);
  if (unified !== undefined && path !== null) {
    // A group with processes in it can have no limited groups below it, so that they stand beside it.
    const parent = join(unified.point, dirname(path));
    const given = readOr(join(parent, 'cgroup.subtree_control')).split(/\s/);
    if (given.includes('pids') && given.includes('memory'))
      return { parent, own: join(unified.point, path), memory: true };
  }
  const older = mounted.find(({ type, point }) => type === 'cgroup' && point.endsWith('/pids'));
  const below = groupOf(/^\d+:pids:(.*)$/);
  if (older === undefined || below === null) return null;
  const group = join(older.point, below);
  return { parent: group, own: group, memory: false };
}

/**
 * Before a process enters a group the kernel waits, mostly 6 to 16 ms, until every processor has taken notice, unless it
 * has just done so. Entering the group that one is in already makes it do so, while the starters are being loaded.
 */
const announce = ({ own }: Place): void => writeFile(join(own, 'cgroup.procs'), '0', () => undefined);

/** The processes in the group whose entry this is. */
export const membersOf = (entry: string): number[] =>
  readOr(entry)
    .split('\n')
    .map(Number)
    .filter((pid) => pid > 0);

/** Kills all that is in the group whose entry this is; false where nothing was in it. */
export function killMembers(entry: string): boolean {
  const pids = membersOf(entry);
  for (const pid of pids) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // Dead already.
    }
  }
  return pids.length > 0;
}

const count = (folder: string, file: string, name: string): number =>
  Number(new RegExp(`^${name} (\\d+)`, 'm').exec(readOr(join(folder, file)))?.[1] ?? 0);

/** Nobody waits for it. Where a process in it is dead and not yet waited for it stays; an empty group does no harm. */
const remove = (folder: string): void => rmdir(folder, () => undefined);

function readOr(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

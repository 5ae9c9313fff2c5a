import { isInside } from '../../core/inside.ts';
import type { OutputStream, Rung, SandboxData, SandboxRequest } from '../../core/sandbox.ts';
import { ACTION_MARK } from '../environment.ts';
import { boxArguments, placesInTmp, resolverPaths } from './box-arguments.ts';
import { boxEnvironment } from './box-environment.ts';
import type { ControlGroup } from './control-group.ts';
import type { Direct } from './direct.ts';
import { hiddenPaths } from './hidden.ts';
import { type Running, launch } from './launch.ts';
import type { Overlay } from './layers.ts';
import type { Mount } from './mounts.ts';
import { systemCallFilter } from './seccomp.ts';
import type { Session } from './session.ts';
import type { Starters } from './starters.ts';

export interface SandboxOptions {
  readonly stateFolder: string;
  /** State and configuration: hidden. */
  readonly ownFolders: readonly string[];
  readonly data: SandboxData;
  readonly env: NodeJS.ProcessEnv;
  /** The person's. */
  readonly home: string;
  /** Forces one; for tests. */
  readonly rung?: Rung;
}

/** The memory that a box has in /dev/shm, as part of what its processes may have. */
const SHARED_MEMORY = 0.25;

export interface Entry {
  readonly rung: Exclude<Rung, 'snapshot'>;
  readonly starters: Starters;
  readonly session: Session;
  readonly mounted: readonly Mount[];
  readonly overlays: readonly Overlay[];
  readonly direct: Direct;
  /** Folders that hold stages. */
  readonly stores: readonly string[];
  readonly outputBytes: number;
  readonly onOutput?: (stream: OutputStream, chunk: Uint8Array) => void;
}

type Task = Pick<SandboxRequest, 'line' | 'cwd' | 'env' | 'actionId' | 'network' | 'limits' | 'hidden'>;

/** Begins to build the box around a line. */
export function enter(
  task: Task,
  { rung, starters, session, mounted, overlays, direct, stores, ...output }: Entry,
  { ownFolders, stateFolder, data, env, home }: SandboxOptions,
): { running: Running; group: ControlGroup | null } {
  const { network, limits, actionId } = task;
  const roots = [...overlays.map(({ root }) => root), ...direct.roots];
  const places = placesInTmp(roots, session);
  const own = [stateFolder, ...ownFolders, ...stores, ...runtimeFolders(env, home), ...(task.hidden ?? [])];
  const starter = starters.take(rung, limits);
  const running = launch(starter, {
    overlays,
    box: () =>
      boxArguments({
        overlays,
        direct,
        hidden: hiddenPaths({ data, own, home, mounts: mounted, roots }),
        places,
        session,
        runtime: [...data.runtime, ...(network ? resolverPaths() : [])],
        network,
        cwd: task.cwd,
        env: boxEnvironment({ env, home, roots, data, given: task.env, actionId }),
        user: rung === 'root_overlay' ? null : { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 },
        sharedMemoryBytes: Math.ceil(limits.memoryBytes * SHARED_MEMORY),
      }),
    filter: systemCallFilter(),
    command: ['/bin/bash', '--noprofile', '--norc', '-c', task.line],
    // The mark is for a recovery that looks for what a killed server left behind.
    env: { [ACTION_MARK]: actionId },
    ...output,
  });
  return { running, group: starter.group };
}

export const POLLING = 'rlimits and polling';

/** Sockets of the person's session, where they are not in /run. */
const runtimeFolders = (env: NodeJS.ProcessEnv, home: string): string[] =>
  ['XDG_RUNTIME_DIR', 'DBUS_SESSION_BUS_ADDRESS', 'SSH_AUTH_SOCK', 'DOCKER_HOST']
    .map((name) => /(?:^|unix:(?:path=|\/\/))(\/[^,;]*)/.exec(env[name] ?? '')?.[1])
    .filter((path): path is string => path !== undefined && !isInside(home, path));

import { dirname, join } from 'node:path';
import { HomeostatError } from '../../core/errors.ts';
import { isInside } from '../../core/inside.ts';
import type {
  Limit,
  Rung,
  Sandbox,
  SandboxData,
  SandboxProbe,
  SandboxRequest,
  SandboxResult,
} from '../../core/sandbox.ts';
import { ACTION_MARK } from '../environment.ts';
import { boxArguments, placesInTmp, resolverPaths } from './box-arguments.ts';
import { boxEnvironment } from './box-environment.ts';
import { TASKS_PER_PROCESS, openControlGroup } from './control-group.ts';
import { hiddenPaths } from './hidden.ts';
import { launch } from './launch.ts';
import { prepareLayers } from './layers.ts';
import { mounts } from './mounts.ts';
import { probe } from './probe.ts';
import { systemCallFilter } from './seccomp.ts';
import { type Session, openSession } from './session.ts';
import { watch } from './watch.ts';

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

/** Where the programs that build a box are found; an agent's PATH is for the command alone. */
const SYSTEM_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/run/current-system/sw/bin';

/** The memory that a box has in /dev/shm, as part of what its processes may have. */
const SHARED_MEMORY = 0.25;

/** Runs commands in namespaces of their own, over overlays of the roots; see docs/design.md, "Commands as transactions". */
export function openSandbox(options: SandboxOptions): Sandbox {
  const { stateFolder, data, env } = options;
  let probed: Promise<SandboxProbe> | undefined;
  const sessions = new Map<string, Promise<Session>>();
  const sessionAt = (folder: string): Promise<Session> => {
    const opened =
      sessions.get(folder) ?? openSession({ folder, caches: join(stateFolder, 'caches'), data, env });
    sessions.set(folder, opened);
    return opened;
  };
  const find = (): Promise<SandboxProbe> => {
    const { rung } = options;
    return (probed ??=
      rung === undefined ? probe(stateFolder, { PATH: SYSTEM_PATH }) : Promise.resolve({ rung, why: '' }));
  };
  return {
    probe: find,
    async run(request) {
      const { rung, why } = await find();
      if (rung === 'snapshot')
        throw new HomeostatError('internal_error', `this machine has no sandbox: ${why}`);
      return runIn(rung, await sessionAt(request.session), request, options);
    },
  };
}

async function runIn(
  rung: Exclude<Rung, 'snapshot'>,
  session: Session,
  request: SandboxRequest,
  { ownFolders, stateFolder, data, env, home }: SandboxOptions,
): Promise<SandboxResult> {
  const { layers, network, limits, signal } = request;
  const started = performance.now();
  const result = (given: Partial<SandboxResult>): SandboxResult => ({
    exitCode: null,
    signal: null,
    timedOut: false,
    cancelled: signal.aborted,
    stdout: '',
    stderr: '',
    omittedBytes: 0,
    durationMs: Math.round(performance.now() - started),
    exceeded: null,
    limitsBy: POLLING,
    ...given,
  });
  if (signal.aborted) return result({ signal: 'SIGKILL' });
  const mounted = mounts();
  const overlays = prepareLayers(layers, mounted);
  const roots = overlays.map(({ root }) => root);
  const places = placesInTmp(roots, session);
  const stores = layers.map(({ folder }) => dirname(folder));
  const own = [stateFolder, ...ownFolders, ...stores, ...runtimeFolders(env, home)];
  const group = openControlGroup(limits);
  const running = launch({
    rung,
    overlays,
    box: () =>
      boxArguments({
        overlays,
        hidden: hiddenPaths({ data, own, home, mounts: mounted, roots }),
        places,
        session,
        runtime: [...data.runtime, ...(network ? resolverPaths() : [])],
        network,
        cwd: request.cwd,
        env: boxEnvironment({ env, home, roots, data, given: request.env, actionId: request.actionId }),
        user: rung === 'root_overlay' ? null : { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 },
        sharedMemoryBytes: Math.ceil(limits.memoryBytes * SHARED_MEMORY),
      }),
    filter: systemCallFilter(),
    command: ['/bin/bash', '--noprofile', '--norc', '-c', request.line],
    // The mark is for a recovery that looks for what a killed server left behind.
    env: { PATH: SYSTEM_PATH, [ACTION_MARK]: request.actionId },
    fileBytes: limits.writtenBytes,
    cpuSeconds: limits.cpuSeconds,
    tasks: limits.processes * TASKS_PER_PROCESS,
    group: group?.entry ?? null,
    outputBytes: request.outputBytes,
  });
  let timedOut = false;
  let exceeded: Limit | null = null;
  const kill = (): void => running.kill();
  const timer = setTimeout(() => {
    timedOut = true;
    kill();
  }, request.timeoutMs);
  signal.addEventListener('abort', kill);
  const unwatch = watch(running.pid, request, (limit) => {
    exceeded = limit;
    kill();
  });
  const ended = await running.ended;
  clearTimeout(timer);
  signal.removeEventListener('abort', kill);
  unwatch();
  // Where it went on to a good end, no limit has ended it.
  if (ended.exitCode !== 0) exceeded ??= group?.exceeded() ?? limitOf(ended.exitCode);
  group?.remove();
  if (!ended.started)
    throw new HomeostatError(
      'unsafe_root',
      `the sandbox over ${roots.join(', ')} could not be built: ${ended.stderr.toString().trim()}`,
    );
  const killed = timedOut || exceeded !== null || signal.aborted;
  return result({
    exitCode: ended.exitCode,
    signal: killed && ended.exitCode === null ? 'SIGKILL' : null,
    timedOut,
    stdout: ended.stdout.toString(),
    stderr: ended.stderr.toString(),
    omittedBytes: ended.stdout.omittedBytes + ended.stderr.omittedBytes,
    exceeded,
    limitsBy: group?.limitsBy ?? POLLING,
  });
}

const POLLING = 'rlimits and polling';

/** What the kernel's own limits end a command with: 128 + SIGXCPU, 128 + SIGXFSZ. */
const limitOf = (exitCode: number | null): Limit | null =>
  exitCode === 152 ? 'cpu' : exitCode === 153 ? 'written' : null;

/** Sockets of the person's session, where they are not in /run. */
const runtimeFolders = (env: NodeJS.ProcessEnv, home: string): string[] =>
  ['XDG_RUNTIME_DIR', 'DBUS_SESSION_BUS_ADDRESS', 'SSH_AUTH_SOCK', 'DOCKER_HOST']
    .map((name) => /(?:^|unix:(?:path=|\/\/))(\/[^,;]*)/.exec(env[name] ?? '')?.[1])
    .filter((path): path is string => path !== undefined && !isInside(home, path));

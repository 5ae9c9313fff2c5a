import { dirname, join } from 'node:path';
import { HomeostatError } from '../../core/errors.ts';
import type {
  Limit,
  Rung,
  Sandbox,
  SandboxProbe,
  SandboxRequest,
  SandboxResult,
} from '../../core/sandbox.ts';
import { removeTree } from '../journal/discard.ts';
import { NotBuilt, buildAgain } from './build-again.ts';
import { NOTHING_DIRECT } from './direct.ts';
import { POLLING, type SandboxOptions, enter } from './enter.ts';
import { prepareLayers } from './layers.ts';
import { type LiveBox, enterBoxes } from './live-boxes.ts';
import { mounts } from './mounts.ts';
import { probe } from './probe.ts';
import { isSealed } from './sealed.ts';
import { type Session, openSession } from './session.ts';
import { startBox } from './start-box.ts';
import { SYSTEM_PATH } from './starter.ts';
import { type Starters, openStarters } from './starters.ts';
import { watch } from './watch.ts';

/** Runs commands in namespaces of their own, over overlays of the roots; see docs/design.md, "Commands as transactions". */
export function openSandbox(options: SandboxOptions): Sandbox {
  const { stateFolder, data, env } = options;
  let probed: Promise<SandboxProbe> | undefined;
  const sessions = new Map<string, Promise<Session>>();
  const starters = openStarters();
  let next = (): void => undefined;
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
      const session = await sessionAt(request.session);
      const live = enterBoxes(stateFolder);
      try {
        const place = { starters, session, live };
        return await buildAgain(async () => runIn(rung, place, request, options), request.signal);
      } finally {
        live.leave();
        next = () => starters.ahead(rung, request.limits);
      }
    },
    async start(request) {
      const { rung, why } = await find();
      if (rung === 'snapshot') throw new HomeostatError('no_sandbox', `this machine has no sandbox: ${why}`);
      const session = await sessionAt(request.session);
      const live = enterBoxes(stateFolder);
      try {
        const box = await buildAgain(async () => startBox(rung, { starters, session }, request, options));
        void box.ended.finally(() => live.leave());
        return box;
      } catch (error) {
        live.leave();
        throw error;
      }
    },
    ahead: () => next(),
    close: () => starters.close(),
  };
}

async function runIn(
  rung: Exclude<Rung, 'snapshot'>,
  { starters, session, live }: { starters: Starters; session: Session; live: LiveBox },
  request: SandboxRequest,
  options: SandboxOptions,
): Promise<SandboxResult> {
  const { layers, signal } = request;
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
    readOnly: [],
    ...given,
  });
  if (signal.aborted) return result({ signal: 'SIGKILL' });
  const mounted = mounts();
  const overlays = prepareLayers(layers, mounted);
  const stores = layers.map(({ folder }) => dirname(folder));
  const { outputBytes } = request;
  const { running, group } = enter(
    request,
    { rung, starters, session, mounted, overlays, direct: NOTHING_DIRECT, stores, outputBytes },
    options,
  );
  let timedOut = false;
  let exceeded: Limit | null = null;
  const kill = (): void => running.kill();
  const timer = setTimeout(() => {
    timedOut = true;
    kill();
  }, request.timeoutMs);
  signal.addEventListener('abort', kill);
  const folders = [request.session, ...layers.map(({ folder }) => folder)];
  const unwatch = watch(running.pid, { limits: request.limits, folders }, group?.entry ?? null, (limit) => {
    exceeded = limit;
    kill();
  });
  const ended = await running.ended;
  clearTimeout(timer);
  signal.removeEventListener('abort', kill);
  const atEnd = unwatch(ended.exitCode);
  // Where it went on to a good end, no limit has ended it.
  if (ended.exitCode !== 0) exceeded ??= group?.exceeded() ?? atEnd;
  group?.remove();
  const readOnly = overlays.flatMap(({ nested }) => nested);
  // An ordinary user's kernel lays no overlay over a folder that holds somebody else's mount.
  const holds = readOnly.length === 0 ? '' : ` (it holds other file systems: ${readOnly.join(', ')})`;
  if (!ended.started) {
    const names = overlays.map(({ root }) => root).join(', ');
    const error = new NotBuilt(`${names}${holds}`, ended.stderr.toString().trim());
    // The kernel mounts no second overlay with what a first one has left there.
    if (error.overlaid) for (const { folder } of layers) removeTree(join(folder, 'work'));
    throw error;
  }
  // On the machine's own network others than boxes may listen.
  const watched = request.network || !live.alone();
  if (watched && !(await isSealed(overlays, rung, { PATH: SYSTEM_PATH })))
    throw new HomeostatError(
      'command_failed',
      'the command handed what it had opened in a root to another that still runs, so that nothing of it can be kept',
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
    readOnly,
  });
}

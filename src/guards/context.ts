import type { ActionContext, QueryContext } from '../core/context.ts';
import { composeSettings, parseEnvFile } from '../core/env-file.ts';
import { HomeostatError } from '../core/errors.ts';
import { isInside } from '../core/inside.ts';
import type { Files } from '../core/host.ts';
import { type Caller, type Workspace, agentName } from '../core/principal.ts';
import type { Sandbox } from '../core/sandbox.ts';
import { boundsOf } from './cards/bounds.ts';
import { engineWithin } from './cards/services.ts';
import { assessContext, type House } from './house.ts';
import { isSecretPath, pathRules } from './risk/paths.ts';
import { processes } from './processes/processes.ts';
import type { Run } from './run.ts';
import { coordination } from './tasks/coordination.ts';
import { formerTime } from './snapshots/former-time.ts';
import { complete, preserve } from './snapshots/preserve.ts';
import { undoing } from './snapshots/undoing.ts';

/** Whether a rule says that a path's content is never shown. */
export const isSecretIn = (house: House, workspace: Workspace): ((path: string) => boolean) =>
  isSecretPath(assessContext(house, workspace));

/** Whether a new path below a new folder is worth a word of its own: where a rule speaks of it. */
const isNotableIn = (house: House, workspace: Workspace): ((path: string) => boolean) => {
  const ctx = assessContext(house, workspace);
  return (path) => pathRules(path, ctx).length > 0;
};

/** The little that is told of env files, also of those that hold secrets. */
function envFilesIn(files: Files, house: House): Pick<QueryContext, 'variableNames' | 'composeSettings'> {
  const text = async (path: string): Promise<string> =>
    (await files.read(path, house.config.limits.file_bytes)).toString('utf8');
  return {
    async variableNames(path) {
      return new Map([...parseEnvFile(await text(path))].map(([name, { line }]) => [name, line]));
    },
    composeSettings: async (path) => composeSettings(await text(path)),
  };
}

/** On record before anything lies in it, so that what a killed process leaves there is found. */
function useStore(folder: string, house: House): void {
  if (!house.store.read(() => house.store.stores.all()).includes(folder))
    house.store.write(() => house.store.stores.use(folder));
}

/** What an action's functions are handed. */
export function actionContext(run: Run, house: House, options: { signal?: AbortSignal } = {}): ActionContext {
  const { workspace, principal, onProgress } = run.caller;
  const { engine } = house.machine;
  return {
    principal,
    workspace,
    signal: options.signal ?? run.signal,
    config: house.config,
    files: house.machine.files(workspace),
    isSecret: isSecretIn(house, workspace),
    isOwn: isOwnIn(house),
    ...envFilesIn(house.machine.files(workspace), house),
    isGuarded: isGuardedIn(house, workspace),
    secrets: house.secrets,
    progress: (message) => onProgress?.(message),
    // What is committed was worked out with what the card reaches; a recovery has to reach all that it must end.
    engine: run.bound === null || run.committing ? engine : engineWithin(engine, boundsOf(principal, house)),
    actionId: run.id,
    reason: run.bound?.reason ?? '',
    commands: house.machine.commands(workspace),
    sandbox: withoutBeyond(house.machine.sandbox, workspace),
    session: house.machine.sessions.folder(run.download ? `download ${run.id}` : agentName(principal)),
    transactions: house.machine.transactions({
      action: run.id,
      workspace,
      isSecret: isSecretIn(house, workspace),
      fingerprint: house.secrets.fingerprint,
      isNotable: isNotableIn(house, workspace),
      onStore: (folder) => useStore(folder, house),
      formerTime: (inode, mtime_ns) => formerTime(inode, mtime_ns, house),
      trace: house.trace,
    }),
    resumed: run.resumed,
    force: false,
    isNotable: isNotableIn(house, workspace),
    processes: processes(run, house),
    answers: house.machine.answers,
    isReadOnlyLine: (line) => house.rules.read_only_lines.includes(line),
    preserve: async (snapshot) => preserve(run, snapshot, house),
    complete: (snapshot) => complete(run, snapshot, house),
    undoing: undoing(run, house),
    pullStop: (reason) => house.stop.pull(reason),
  };
}

const isOwnIn =
  ({ ownFolders, machine }: House) =>
  (path: string): boolean => {
    const real = machine.real(path);
    return ownFolders.some((one) => isInside(one, real) || isInside(real, one));
  };

const isGuardedIn = (house: House, { roots }: Workspace): ((folder: string) => boolean) => {
  const { machine } = house;
  const isOwn = isOwnIn(house);
  return (folder) =>
    isOwn(folder) || [...roots, machine.home].some((one) => isInside(one, machine.real(folder)));
};

/** What a query is handed; it cannot read a file that holds secrets, but to compare what it never shows. */
export function queryContext(
  caller: Caller,
  house: House,
  services: Pick<QueryContext, 'records' | 'monitor' | 'assess' | 'resume'>,
): QueryContext {
  const isSecret = isSecretIn(house, caller.workspace);
  return {
    ...services,
    principal: caller.principal,
    workspace: caller.workspace,
    signal: caller.signal,
    config: house.config,
    files: withoutSecrets(house.machine.files(caller.workspace), isSecret),
    hiddenFiles: house.machine.files(caller.workspace),
    isSecret,
    isOwn: isOwnIn(house),
    ...envFilesIn(house.machine.files(caller.workspace), house),
    secrets: house.secrets,
    progress: (message) => caller.onProgress?.(message),
    engine: engineWithin(house.machine.engine, boundsOf(caller.principal, house)),
    coordination: coordination(caller, house),
  };
}

/** Of folders beyond a card's a command sees nothing. */
const withoutBeyond = (sandbox: Sandbox, { beyond }: Workspace): Sandbox =>
  beyond === undefined
    ? sandbox
    : { ...sandbox, run: async (request) => sandbox.run({ ...request, hidden: beyond }) };

function withoutSecrets(files: Files, isSecret: (path: string) => boolean): Files {
  return {
    ...files,
    async read(path, maxBytes) {
      if (isSecret(path)) throw new HomeostatError('secret_path', `${path} is protected as a secret`);
      return files.read(path, maxBytes);
    },
  };
}

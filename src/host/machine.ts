import { existsSync, statfsSync } from 'node:fs';
import { userInfo } from 'node:os';
import type { Machine, Objects } from '../core/host.ts';
import type { Sandbox } from '../core/sandbox.ts';
import { openCommands } from './command.ts';
import { engineAddress } from './docker/address.ts';
import { openEngine } from './docker/engine.ts';
import { openFiles } from './files.ts';
import { ownIdentity, uptime } from './identity.ts';
import { matchingFolders } from './matching-folders.ts';
import { openMeters } from './metrics/meters.ts';
import { answers } from './answers.ts';
import { probe } from './probe.ts';
import { openLogs } from './process-logs.ts';
import { feedDetached, killMarked, startDetached } from './processes.ts';
import { endActionGroup } from './sandbox/control-group.ts';
import { discardAside, discardStage } from './journal/discard.ts';
import { openTransactions } from './journal/transactions.ts';
import type { ScanLimits } from './scan.ts';
import { openSecretFiles } from './secret-files.ts';
import { openSessions } from './sessions.ts';
import { surroundings } from './surroundings.ts';

export interface MachineOptions {
  readonly objects: Objects;
  readonly cacheFolder: string;
  readonly limits: ScanLimits;
  readonly env: NodeJS.ProcessEnv;
  readonly sandbox: Sandbox;
  readonly docker: { readonly host?: string | undefined; readonly certificates?: string | undefined };
  /** Folders of the state: for stages, and for what commands of one connection share. */
  readonly stages: string;
  readonly sessions: string;
  /** Folder of the state: for what long-running processes say. */
  readonly processes: string;
  /** Where the resident process for hooks listens. */
  readonly hookSocket: string;
}

const POST_MS = 5000;

/** This machine, for the guards; tools get their share of it with each call. */
export function openMachine(options: MachineOptions): Machine {
  const { objects, cacheFolder, limits, env, sandbox, stages, sessions } = options;
  const { owner, isAlive } = ownIdentity();
  const engine = openEngine(engineAddress(options.docker, env), env);
  return {
    ...surroundings(),
    folders: matchingFolders,
    files: (workspace) => openFiles(workspace, { objects, cacheFolder, limits }),
    commands: (workspace) => openCommands(env, workspace.roots),
    sandbox,
    engine,
    meters: openMeters(engine.address.startsWith('unix:')),
    probe,
    hookResident: () => existsSync(options.hookSocket),
    answers,
    logs: openLogs(options.processes),
    sessions: openSessions(sessions, owner, isAlive),
    secretFiles: openSecretFiles(),
    transactions: (of) => openTransactions(of, { stages, objects }),
    discard: (actionId, roots, what) => discardStage({ actionId, roots, what, stages }),
    discardAside: async (actionId, roots, what) => discardAside({ actionId, roots, what, stages }),
    killLeftovers(actionId) {
      endActionGroup(actionId);
      killMarked(actionId);
    },
    notify: (line, variables) => startDetached(line, { ...process.env, ...variables }),
    post: postJson,
    feed: async (line, input, ms) => feedDetached(line, input, ms),
    space: spaceOf,
    owner,
    isAlive,
    uptime,
    user: userName(),
  };
}

/** An answer is not waited for longer than a person would, and another address than the configured one is not gone to. */
async function postJson(url: string, body: object): Promise<void> {
  const answer = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
    redirect: 'error',
    signal: AbortSignal.timeout(POST_MS),
  });
  await answer.body?.cancel();
  if (!answer.ok) throw new Error(`the webhook answered ${answer.status}`);
}

function spaceOf(folder: string): { free: number; total: number } | null {
  try {
    const { bavail, blocks, bsize } = statfsSync(folder);
    return { free: bavail * bsize, total: blocks * bsize };
  } catch {
    return null;
  }
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return String(process.getuid?.() ?? 'nobody');
  }
}

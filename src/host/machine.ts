import { createHash } from 'node:crypto';
import { statfsSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import type { Machine, Objects } from '../core/host.ts';
import type { Sandbox } from '../core/sandbox.ts';
import { openCommands } from './command.ts';
import { openFiles } from './files.ts';
import { ownIdentity, uptime } from './identity.ts';
import { openLogs } from './process-logs.ts';
import { feedDetached, killMarked, startDetached } from './processes.ts';
import { discardStage } from './journal/discard.ts';
import { openTransactions } from './journal/transactions.ts';
import type { ScanLimits } from './scan.ts';
import { surroundings } from './surroundings.ts';

export interface MachineOptions {
  readonly objects: Objects;
  readonly cacheFolder: string;
  readonly limits: ScanLimits;
  readonly env: NodeJS.ProcessEnv;
  readonly sandbox: Sandbox;
  /** Folders of the state: for stages, and for what commands of one connection share. */
  readonly stages: string;
  readonly sessions: string;
  /** Folder of the state: for what long-running processes say. */
  readonly processes: string;
}

/** This machine, for the guards; tools get their share of it with each call. */
export function openMachine(options: MachineOptions): Machine {
  const { objects, cacheFolder, limits, env, sandbox, stages, sessions } = options;
  const { owner, isAlive } = ownIdentity();
  return {
    ...surroundings(),
    files: (workspace) => openFiles(workspace, { objects, cacheFolder, limits }),
    commands: (workspace) => openCommands(env, workspace.roots),
    sandbox,
    logs: openLogs(options.processes),
    session: (agent) => join(sessions, folderName(owner), folderName(agent)),
    transactions: (of) => openTransactions(of, { stages, objects }),
    discard: (actionId, roots, what) => discardStage({ actionId, roots, what, stages }),
    killLeftovers: killMarked,
    notify: (line, variables) => startDetached(line, { ...process.env, ...variables }),
    feed: async (line, input, ms) => feedDetached(line, input, ms),
    space: spaceOf,
    owner,
    isAlive,
    uptime,
    user: userName(),
  };
}

/** A name of any kind as a short one that a folder can have. */
const folderName = (name: string): string => createHash('sha256').update(name).digest('hex').slice(0, 16);

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

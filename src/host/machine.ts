import { statfsSync } from 'node:fs';
import { userInfo } from 'node:os';
import type { Machine, Objects } from '../core/host.ts';
import { openCommands } from './command.ts';
import { openFiles } from './files.ts';
import { ownIdentity, uptime } from './identity.ts';
import { killMarked, startDetached } from './processes.ts';
import type { ScanLimits } from './scan.ts';
import { surroundings } from './surroundings.ts';

export interface MachineOptions {
  readonly objects: Objects;
  readonly cacheFolder: string;
  readonly limits: ScanLimits;
  readonly env: NodeJS.ProcessEnv;
}

/** This machine, for the guards; tools get their share of it with each call. */
export function openMachine({ objects, cacheFolder, limits, env }: MachineOptions): Machine {
  const { owner, isAlive } = ownIdentity();
  return {
    ...surroundings(),
    files: (workspace) => openFiles(workspace, { objects, cacheFolder, limits }),
    commands: (workspace) => openCommands(env, workspace.roots),
    killLeftovers: killMarked,
    notify: (line, variables) => startDetached(line, { ...process.env, ...variables }),
    space: spaceOf,
    owner,
    isAlive,
    uptime,
    user: userName(),
  };
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

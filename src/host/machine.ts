import { realpathSync } from 'node:fs';
import { homedir, userInfo } from 'node:os';
import { basename, dirname, join } from 'node:path';
import type { Machine, Objects } from '../core/host.ts';
import { openCommands } from './command.ts';
import { expandGlob, filesBelow } from './expand-glob.ts';
import { openFiles } from './files.ts';
import { ownIdentity, uptime } from './identity.ts';
import { pathFacts } from './path-facts.ts';
import { killMarked, startDetached } from './processes.ts';
import type { ScanLimits } from './scan.ts';

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
    files: (workspace) => openFiles(workspace, { objects, cacheFolder, limits }),
    commands: (workspace) => openCommands(env, workspace.roots),
    real,
    facts: pathFacts,
    expand: expandGlob,
    below: filesBelow,
    killLeftovers: killMarked,
    notify: (line, variables) => startDetached(line, { ...process.env, ...variables }),
    owner,
    isAlive,
    uptime,
    home: homedir(),
    user: userName(),
  };
}

/** The real path of the deepest part that exists, with the rest as it was named. */
function real(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return dirname(path) === path ? path : join(real(dirname(path)), basename(path));
  }
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return String(process.getuid?.() ?? 'nobody');
  }
}

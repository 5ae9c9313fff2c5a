import type { CommandRequest, CommandResult } from './host.ts';

/** How a command is kept apart from the machine, best first; `snapshot` is no sandbox at all. */
export type Rung = 'root_overlay' | 'user_overlay' | 'snapshot';

/** What this machine allows, found out once by trying. */
export interface SandboxProbe {
  readonly rung: Rung;
  /** Why nothing better, and what would give it; empty at the best rung. */
  readonly why: string;
}

/** Where the stage of one root lies. */
export interface Layer {
  /** Absolute real path. */
  readonly root: string;
  /** On the root's file system; `upper` and `work` are made in it. */
  readonly folder: string;
}

export interface SandboxRequest extends CommandRequest {
  readonly layers: readonly Layer[];
  readonly network: boolean;
  /** A folder that lives as long as the connection; it holds the private /tmp and home. */
  readonly session: string;
  readonly limits: {
    readonly processes: number;
    readonly memoryBytes: number;
    readonly cpuSeconds: number;
    readonly writtenBytes: number;
  };
}

export interface SandboxResult extends CommandResult {
  /** The limit that ended it; null where none did. */
  readonly exceeded: 'processes' | 'memory' | 'cpu' | 'written' | null;
  /** How limits were held: `cgroup` or `rlimits and polling`. */
  readonly limitsBy: string;
}

/** Runs commands apart from the machine. */
export interface Sandbox {
  probe(): Promise<SandboxProbe>;
  run(request: SandboxRequest): Promise<SandboxResult>;
}

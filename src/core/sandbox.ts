import type { CommandRequest, CommandResult } from './command.ts';

/** How a command is kept apart from the world until it is committed, the best first. */
export type Rung = 'root_overlay' | 'user_overlay' | 'snapshot';

/** What this machine allows, found out once by trying. */
export interface SandboxProbe {
  readonly rung: Rung;
  /** Why nothing better, and what would give it. Empty at the best rung. */
  readonly why: string;
}

/** One root and where what is written to it goes. */
export interface Layer {
  /** Absolute real path. */
  readonly root: string;
  /** `<store>/<actionId>`, on the root's file system: `upper` and `work` are made in it. */
  readonly folder: string;
}

export interface SandboxRequest extends CommandRequest {
  readonly layers: readonly Layer[];
  /** Folders of which nothing is shown but the roots in them. */
  readonly hidden?: readonly string[];
  /** Whether the machine's network is reached; its loopback and abstract sockets come with it. */
  readonly network: boolean;
  /** Folder that lives as long as the connection; holds the private /tmp and home. */
  readonly session: string;
  readonly limits: {
    readonly processes: number;
    readonly memoryBytes: number;
    /** Of all processes together. */
    readonly cpuSeconds: number;
    /** Of all processes together, and the most that one file may hold. */
    readonly writtenBytes: number;
  };
}

/** What goes on after the call that started it, in the same box but for the roots: they are shown as they stand. */
export interface BoxRequest extends Pick<
  SandboxRequest,
  'line' | 'cwd' | 'env' | 'actionId' | 'network' | 'session' | 'limits' | 'hidden'
> {
  /** Shown read-only. */
  readonly roots: readonly string[];
  /** Folders in the roots, by their real paths, that it writes to directly. */
  readonly writes: readonly string[];
  /** Files and folders below `writes` that stay read-only. */
  readonly closed: readonly string[];
  readonly onOutput: (stream: OutputStream, chunk: Uint8Array) => void;
}

export type OutputStream = 'stdout' | 'stderr';

/** It ends with this process at the latest, by whatever that ends. */
export interface RunningBox {
  readonly limitsBy: string;
  /** Asks its processes to end, and ends them so many milliseconds later; 0 for at once. */
  stop(graceMs: number): void;
  /** Told when every process of it is dead. */
  readonly ended: Promise<{ readonly exitCode: number | null; readonly exceeded: Limit | null }>;
}

export type Limit = 'processes' | 'memory' | 'cpu' | 'written';

export interface SandboxResult extends CommandResult {
  /** The limit that ended it, null where none did. */
  readonly exceeded: Limit | null;
  /** How limits were held: 'cgroup' or 'rlimits and polling'. */
  readonly limitsBy: string;
  /** Other file systems in the roots, which are shown and cannot be written to. */
  readonly readOnly: readonly string[];
}

/** Runs commands so that nothing they do reaches the world; what they write to the roots lies in the layers' `upper`. */
export interface Sandbox {
  probe(): Promise<SandboxProbe>;
  /** Returns when every process of it is dead. Throws `unsafe_root` where a root cannot be overlaid. */
  run(request: SandboxRequest): Promise<SandboxResult>;
  /** Returns when the line has begun. Throws `no_sandbox` where the machine has none. */
  start(request: BoxRequest): Promise<RunningBox>;
  /** Begins what is the same for the next command as for the last one; to be called when nobody waits. */
  ahead(): void;
  /** Ends what waits for a next command. */
  close(): Promise<void>;
}

/** A path that is hidden; `~` is every person's home, `*` any name of one folder. */
interface HiddenPath {
  readonly path: string;
  readonly reason: string;
}

/** `registry/sandbox.yaml`. */
export interface SandboxData {
  readonly credentials: readonly HiddenPath[];
  /** Folders and files through which one speaks to a service of the machine. */
  readonly sockets: readonly HiddenPath[];
  /** What of /run stays, since programs are found through it. */
  readonly runtime: readonly string[];
  /** Name of a cache to its place below the home. */
  readonly caches: Readonly<Record<string, string>>;
  /** Variable to the folder below the person's home that it names where nothing else is set. */
  readonly toolchains: Readonly<Record<string, string>>;
}

import type { OutputStream } from './sandbox.ts';

/** A line that goes on after the call that starts it. */
export interface ProcessRequest {
  readonly name: string;
  readonly line: string;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly network: boolean;
  /** Folders in the roots that it writes to directly, by their real paths; none lies in another. */
  readonly writes: readonly string[];
  /** Below them, what stays as it is. */
  readonly closed: readonly string[];
  /** Called when it has ended: what is to be kept for undo from now on, durable but for itself, and what of it rules speak of. */
  readonly settled: () => Promise<{ readonly snapshot: unknown; readonly protectedPaths: readonly string[] }>;
}

/** How a process ended; `interrupted` where its server did, so that nobody saw. */
export type ProcessEnd =
  'exited' | 'stopped' | 'emergency_stop' | 'limit_exceeded' | 'server_ended' | 'interrupted';

export interface ProcessInfo {
  /** Of the action that started it. */
  readonly id: string;
  readonly name: string;
  readonly agent: string;
  readonly command: string;
  readonly cwd: string;
  readonly network: boolean;
  readonly writes: string[];
  readonly started_at: string;
  readonly running: boolean;
  readonly ended_at: string | null;
  /** Null while it runs. */
  readonly how: ProcessEnd | null;
  readonly exit_code: number | null;
}

/** What a connection's actions may do with processes. */
export interface Processes {
  /** Starts one under this action's id; there is one at most. Answers how its limits are held. */
  start(request: ProcessRequest): Promise<{ readonly limitsBy: string }>;
  /** Throws `not_found` where no process has that id. */
  find(id: string): ProcessInfo & { readonly own: boolean };
  /** Paths that other actions have changed since it was started. */
  changedByOthers(id: string): string[];
  /** Ends it and returns when it has ended and what it changed is known; nothing to end is no error. */
  stop(id: string): Promise<void>;
}

/** A part of what a process has said. */
export interface OutputPage {
  readonly text: string;
  /** Bytes before it that are not kept or were passed over. */
  readonly omitted_bytes: number;
  /** Where the next part begins, in bytes. */
  readonly next: number;
}

export interface OutputQuery {
  /** Where a page begins, in bytes; without it, the page is the last one. */
  readonly since?: number | undefined;
  readonly tail_lines?: number | undefined;
}

/** What processes say, kept on disk up to a size. */
export interface OutputLogs {
  open(id: string): (stream: OutputStream, chunk: Uint8Array) => void;
  /** At most so many bytes from there on, or the last ones; `first` and `end` tell what is kept of the stream. */
  read(
    id: string,
    stream: OutputStream,
    from: number | null,
    maxBytes: number,
  ): { start: number; bytes: Buffer; first: number; end: number };
  remove(id: string): void;
}

export interface CommandRequest {
  readonly line: string;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  readonly outputBytes: number;
  readonly actionId: string;
  readonly signal: AbortSignal;
  /** What it reads on standard input; nothing unless told. */
  readonly input?: string;
}

export interface CommandResult {
  readonly exitCode: number | null;
  readonly signal: string | null;
  readonly timedOut: boolean;
  readonly cancelled: boolean;
  readonly stdout: string;
  readonly stderr: string;
  /** Bytes that were printed but left out of stdout and stderr. */
  readonly omittedBytes: number;
  readonly durationMs: number;
}

export interface Commands {
  /** Runs a shell line to its end; nothing that it started lives on. */
  run(request: CommandRequest): Promise<CommandResult>;
}

import type { Change, ChangeSet, FileState } from './effects.ts';
import type { Workspace } from './principal.ts';
import type { HealthRow, Meters, ProbeTarget } from './metrics.ts';
import type { OutputLogs } from './processes.ts';
import type { Commands } from './command.ts';
import type { Engine } from './engine.ts';
import type { Sandbox } from './sandbox.ts';
import type { SecretText } from './secrets.ts';
import type { Transactions } from './transactions.ts';

/** Content-addressed bytes on disk; a name is the SHA-256 of what it holds. */
export interface Objects {
  put(content: Uint8Array): Promise<string>;
  /** Copies a file in, without following a symbolic link at its end. */
  putFile(path: string): Promise<{ digest: string; size: number }>;
  get(digest: string): Promise<Buffer>;
  has(digest: string): Promise<boolean>;
  /** Returns when everything that was put is on stable storage. */
  sync(): Promise<void>;
}

/** One entry of a folder, as `list_files` shows it. */
export interface Entry {
  readonly path: string;
  readonly type: 'file' | 'directory' | 'symlink' | 'other';
  readonly size: number;
}

/** Marks the name of an object that names further objects itself, so that retention follows it. */
export const MANIFEST = 'manifest:';

/** Every path below a root, with what is needed to put it back; `skipped` names what that cannot cover. */
export interface Manifest {
  readonly root: string;
  /** A folder's path below the root, and the object that lists its entries, after `MANIFEST`. */
  readonly folders: readonly (readonly [folder: string, listing: string])[];
  readonly skipped: readonly string[];
  readonly bytes: number;
}

/** A folder's entries: what a listing's object holds. Pairs and no object: a file may be called `__proto__`. */
export type Listing = readonly (readonly [name: string, state: FileState])[];

/** The file system as one connection may see it: every path is checked against the workspace's roots. */
export interface Files {
  /** Absolute real path of what an agent named; it may be missing. A link at its end is followed only if asked. */
  resolve(path: string, follow?: boolean): Promise<string>;
  /** Null where nothing is there; a file's content is hashed and kept as an object when `keep` is set. */
  state(path: string, keep?: boolean): Promise<FileState | null>;
  /** Whether the file has other names, which change with it and may lie anywhere. */
  hasOtherNames(path: string): Promise<boolean>;
  read(path: string, maxBytes: number): Promise<Buffer>;
  list(path: string, options: { depth: number; max: number }): Promise<{ entries: Entry[]; more: boolean }>;
  /** Throws `world_changed` where a path does not stand at its `before`; changes nothing. */
  check(set: ChangeSet): Promise<void>;
  /**
   * Everything below a root, contents kept as objects; throws `too_large` past the configured limits. Work that
   * nobody waits for rests so many milliseconds after each few.
   */
  scan(root: string, signal: AbortSignal, restMs?: number): Promise<Manifest>;
  objects: Objects;
}

/** What git holds of a path, as its index tells without reading any content. */
export interface GitCopy {
  /** How many tracked files stand in the index at or below the path. */
  readonly tracked: number;
  /** Whether those that exist are as git stored them; null where they are too many to look at. */
  readonly clean: boolean | null;
  /** Whether something there is not tracked, be it ignored or new; null where that cannot be told cheaply. */
  readonly untracked: boolean | null;
  /** Whether the objects lie there too, so that what takes the files takes the copies. */
  readonly holdsRepository: boolean;
}

/** What stands at a path, without a walk of the disk. */
export interface PathFacts {
  /** `unknown` where one may not look. A link is itself, not what it leads to. */
  readonly type: 'file' | 'directory' | 'symlink' | 'other' | 'missing' | 'unknown';
  /** Bytes; 0 for folders. */
  readonly size: number;
  /** Null in no repository, and where its index cannot be read. */
  readonly git: GitCopy | null;
}

/** How much stands below some paths; `whole` is false where the time was up before all was counted. */
export interface Extent {
  readonly files: number;
  readonly bytes: number;
  readonly whole: boolean;
}

/** Where paths really lead, as one look has found; it must not outlive what it serves, since links change. */
export type RealPaths = Map<string, { readonly path: string; readonly isFolder: boolean }>;

/** What an assessment looks at; nothing is changed by it. */
export interface Surroundings {
  /** Where a path really leads, as far as it exists. */
  real(path: string, known?: RealPaths): string;
  /** What stands at a path, and whether git has a copy of it. */
  facts(path: string): PathFacts;
  /** Counts files and bytes below paths, for so many milliseconds at most. */
  extent(paths: readonly string[], ms: number): Extent;
  /** What a small file of text holds; null where it is none, is too long, or may not be read. */
  text(path: string, most?: number): string | null;
  /** Every file below a folder; null where there are too many to look at. */
  below(path: string): string[] | null;
  /** The paths that a shell pattern stands for; null where they are too many to look at. */
  expand(cwd: string, pattern: string): string[] | null;
  readonly home: string;
}

export interface TransactionOptions {
  readonly action: string;
  readonly workspace: Workspace;
  /** Whether a path's content is never shown. */
  readonly isSecret: (path: string) => boolean;
  /** Tells contents of such a path apart. */
  readonly fingerprint: (content: Uint8Array) => string;
  /** Whether a path below a new folder is shown by itself. */
  readonly isNotable: (path: string) => boolean;
  /** Called with a store before the first folder is made in it. */
  readonly onStore: (folder: string) => void;
  /** The time that a folder had before an action that is taken back by now gave it this one; null where none did. */
  readonly formerTime: (inode: string, mtime_ns: string) => string | null;
  /** Called between steps; tests end the process here. */
  readonly trace: (point: string) => void;
}

/** The folders in which an agent's commands share a home and a /tmp, as long as this process lives. */
export interface Sessions {
  folder(agent: string): string;
  /** Removes one of them, where nothing is running in it. */
  end(folder: string): Promise<void>;
  /** Removes all of this process's own, at its end. */
  close(): Promise<void>;
  /** Removes those of processes that are gone; where that cannot be told they are left alone. */
  sweep(): Promise<void>;
}

/** The machine as the guards see it. */
export interface Machine extends Surroundings {
  files(workspace: Workspace): Files;
  /** Folders below a root by the parts of their path, in which `*` is any letters; no link is followed. */
  folders(root: string, parts: readonly string[] | null): string[];
  commands(workspace: Workspace): Commands;
  readonly sandbox: Sandbox;
  readonly engine: Engine;
  readonly meters: Meters;
  /** Asks a service at its configured address whether it is well; never rejects. */
  probe(target: ProbeTarget): Promise<HealthRow>;
  /** Whether a resident process for the clients’ hooks is there. */
  hookResident(): boolean;
  /** Whether something answers at an address: null where it does, else why not. */
  answers(address: string): Promise<string | null>;
  readonly logs: OutputLogs;
  readonly sessions: Sessions;
  /**
   * Files that hold secrets, as they stand: those below the roots and those listed; the same array where none has
   * changed. Which there are is believed for some seconds, unless they are to be looked for anew.
   */
  secretFiles(
    roots: readonly string[],
    isSecret: (path: string) => boolean,
    listed: readonly string[],
    anew?: boolean,
  ): readonly SecretText[];
  transactions(options: TransactionOptions): Transactions;
  /** Removes what is kept of an action in the stores of these roots: its stage alone, or its pre-images as well. */
  discard(actionId: string, roots: readonly string[], what: 'stage' | 'all'): void;
  /** The same, while the caller goes on. */
  discardAside(actionId: string, roots: readonly string[], what: 'stage' | 'all'): Promise<void>;
  /** Ends every process that an action started and left behind. */
  killLeftovers(actionId: string): void;
  /** Starts a person's own shell line, in the server's environment and these variables, and does not wait for it. */
  notify(line: string, variables: Readonly<Record<string, string>>): void;
  /** Sends JSON to an address; rejects where it is not taken. */
  post(url: string, body: object): Promise<void>;
  /** The same with `input` on its standard input, for so long at most; answers what went wrong, or null. */
  feed(line: string, input: string, ms: number): Promise<string | null>;
  /** Bytes of the file system that holds a folder, and how many of them may be taken; null where none is there. */
  space(folder: string): { free: number; total: number } | null;
  /** This process, named beyond its life. */
  readonly owner: string;
  /** Whether the process of that name still runs; null where it cannot be told from here. */
  isAlive(owner: string): boolean | null;
  /** Time that no clock setting moves, equal in all processes of one boot. */
  uptime(): { boot: string; ms: number };
  readonly user: string;
}

/** What changed in one folder between two scans. */
export function difference(folder: string, before: Listing, after: Listing): Change[] {
  const [then, now] = [new Map(before), new Map(after)];
  const changes: Change[] = [];
  for (const name of new Set([...then.keys(), ...now.keys()])) {
    const was = then.get(name) ?? null;
    const is = now.get(name) ?? null;
    const same =
      was !== null &&
      is !== null &&
      was.type === is.type &&
      was.mode === is.mode &&
      was.uid === is.uid &&
      was.gid === is.gid &&
      was.digest === is.digest &&
      was.target === is.target;
    if (!same) changes.push({ path: `${folder}/${name}`, before: was, after: is });
  }
  return changes;
}

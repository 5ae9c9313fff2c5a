import type { EffectKind, Level, Reversibility } from '../../../core/risk.ts';
import type { HttpRule } from '../../../registry/http.ts';
import type { Program, RUNS } from '../../../registry/commands.ts';
import type { Value } from '../shell/value.ts';
import type { Arguments } from './arguments.ts';

/** What flows through a pipe: the text where it is known, and where it comes from. */
export type Stream = Value;

/** One call of a program that the registry knows. */
export interface Invocation {
  readonly program: Program;
  /** The name it was called by, without its folder. */
  readonly name: string;
  readonly args: readonly Value[];
  readonly parsed: Arguments;
  /** What is piped or redirected into it; null where that is the terminal or nothing. */
  readonly stdin: Stream | null;
  /** The part of the line that it is. */
  readonly source: string;
}

/** Something that a program does. */
export interface Found {
  readonly kind: EffectKind;
  /** A path as the program is given it; the shell resolves it. */
  readonly path?: Value;
  /** Something else than a path: a branch, a container, a table, a host. */
  readonly resource?: string;
  readonly recursive?: boolean;
  /** The least level; effects on paths are graded by where the path lies, others are MEDIUM where this is not given. */
  readonly level?: Level;
  readonly reason?: string;
  readonly reversibility?: Reversibility;
  readonly rule?: string;
  readonly instead?: string;
}

/** Where what is run runs, and what it is given. */
export interface RunOptions {
  /** On another machine or in a container: no path of this machine is touched, none is known. */
  readonly elsewhere?: boolean;
  readonly stdin?: Stream | null;
  /** `$0`, `$1`, … of a shell line; the arguments of other code. */
  readonly args?: readonly Value[];
  /** `$0` of a shell line. */
  readonly zero?: Value;
  /** The folder it runs in, where that is not the line's. */
  readonly cwd?: Value;
  /** Variables that it is given, and whether it is given no others. */
  readonly variables?: readonly (readonly [string, Value])[];
  readonly clean?: boolean;
}

/** What a program's handler can say and do; the shell stands behind it. */
export interface Engine {
  readonly requests: readonly HttpRule[];
  /** Whether it runs with somebody else’s rights. */
  readonly elevated: boolean;
  readonly protectedServices: readonly string[];
  /** Whether the line has set that variable. */
  sets(name: string): boolean;
  /** Whether files of that name, or that a pattern of names stands for, can be built anew. */
  rebuilds(name: string): boolean;
  found(what: Found): void;
  /** A remark without an effect: `level` with its reason. */
  remark(rule: string, level: Level, reason: string, reversibility?: Reversibility): void;
  /** Judges a program with its arguments; returns what it prints. */
  command(argv: readonly Value[], options?: RunOptions): Stream;
  /** Judges a shell line, or code of another language; returns what it prints. */
  code(language: (typeof RUNS)[number], text: Value, options?: RunOptions): Stream;
  /**
   * What the line itself has written into a file so far, also with a whole folder that it fetched unless the file `alone`
   * counts; null where it has not.
   */
  written(path: Value, alone?: boolean): Stream | null;
  /** Runs a script as it stands on disk; null where there is none, or (unless those count as well) git holds it as it is. */
  follow(path: Value, run: (text: Value) => Stream, committed?: boolean): Stream | null;
  /** What a file holds, as far as it can be told; nobody is taken to read it. */
  content(path: Value): Stream;
  /** Remembers what a file now holds. */
  wrote(path: Value, content: Stream, append?: boolean): void;
  /** Remembers that a file, or a folder with all below it (`deep`), now stands in one of these places as well, or only there. */
  copied(
    path: Value,
    places: readonly Value[],
    how: { readonly moved: boolean; readonly deep: boolean },
  ): void;
  /** Remembers that a symbolic link leads to a path. */
  linked(link: Value, to: Value): void;
  /** The absolute path of a value, the first of them where several are possible; null where it cannot be known. */
  resolve(path: Value): string | null;
  /** Whether a path of this machine lies in a folder in which agents work. */
  inRoots(path: string): boolean;
}

/** Knows a program beyond what rules can say. Returns what it prints, or undefined where the registry's `prints` tells. */
export type Handler = (invocation: Invocation, engine: Engine) => Stream | undefined | void;

import type { CommandExpansionPart, ProcessSubstitutionPart, ArithmeticCommandExpansion } from 'unbash';
import type { Value } from './value.ts';

/** What a variable holds: one text, or an array by index. */
export type Held = Value | ReadonlyMap<string, Value>;

/** What the evaluation of words needs of the shell that runs the line. */
export interface Scope {
  /** What a variable holds; undefined where it is known to be unset; a hole where nobody can tell. */
  get(name: string): Held | undefined;
  /** Whether a variable that the line has not set is taken to be unset this time; a line is looked at both ways. */
  isUnset(name: string): boolean;
  /** `${x:=y}`, `$((x = 1))`. */
  set(name: string, held: Held): void;
  /** `$1`, `$2`, …; null where they cannot be known. */
  positional(): readonly Value[] | null;
  /** `$0`. */
  readonly zero: Value;
  /** The home folder of a user (the caller's where none is named); null where it cannot be known. */
  home(user: string | null): string | null;
  /** The folder that the line stands in; null where it cannot be known. */
  readonly cwd: string | null;
  /** What a command substitution prints, its last line breaks still there: it is run to find out. */
  output(part: CommandExpansionPart | ArithmeticCommandExpansion): Value;
  /** The path under which a process substitution's stream can be reached: it is run to find out. */
  process(part: ProcessSubstitutionPart): Value;
  /** Called where bash would evaluate a text as code that cannot be followed; `source` is that part of the line. */
  evaluates(source: string, level?: 'MEDIUM' | 'HIGH'): void;
}

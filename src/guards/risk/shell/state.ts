import type { Function as FunctionNode } from 'unbash';
import type { Held } from './scope.ts';
import { type Value, known, unknown } from './value.ts';

/** A variable: what it may hold (several where branches differ; undefined is unset), and whether programs are given it. */
export interface Variable {
  readonly may: readonly (Held | undefined)[];
  readonly exported: boolean;
}

/** A function with the text in which its body stands. */
export interface ShellFunction {
  readonly node: FunctionNode;
  readonly source: string;
  /** Whether shells that this one starts know it too. */
  readonly exported?: boolean;
}

const MOST_ALTERNATIVES = 4;
export const MOST_FOLDERS = 8;

/** What a shell knows while it runs a line; a subshell is given a copy. */
export class ShellState {
  variables = new Map<string, Variable>();
  /** Functions by name: several where branches differ; null where it may as well be none. */
  functions = new Map<string, readonly (ShellFunction | null)[]>();
  aliases = new Map<string, Value>();
  /** Names that `hash -p` or `enable -n` has given another meaning; the value is the program. */
  hashed = new Map<string, Value>();
  /** `declare -n`: names that stand for another variable. */
  references = new Map<string, string>();
  positional: readonly Value[] | null = null;
  /** `$0`. */
  zero: Value = known('bash');
  /** Where it may stand: several folders where a `cd` may have failed, none where that cannot be known. */
  folders: readonly string[];
  /** Where `popd` goes back to, the last at the end. */
  pushed: readonly (readonly string[])[] = [];
  /** Where it stands if the command before has failed; null where that does not matter. */
  ifFailed: readonly string[] | null = null;
  /** What open descriptors give to read. */
  descriptors = new Map<string, Value>();
  expandsAliases = false;
  /** True in a container or on another machine: no path is one of this machine's. */
  elsewhere = false;
  /** True where it runs with somebody else’s rights, as under sudo. */
  elevated = false;

  constructor(folders: readonly string[]) {
    this.folders = folders;
  }

  copy(): ShellState {
    const copy = new ShellState(this.folders);
    copy.variables = new Map(this.variables);
    copy.functions = new Map(this.functions);
    copy.aliases = new Map(this.aliases);
    copy.hashed = new Map(this.hashed);
    copy.references = new Map(this.references);
    copy.positional = this.positional;
    copy.zero = this.zero;
    copy.pushed = this.pushed;
    copy.ifFailed = this.ifFailed;
    copy.descriptors = new Map(this.descriptors);
    copy.expandsAliases = this.expandsAliases;
    copy.elsewhere = this.elsewhere;
    copy.elevated = this.elevated;
    return copy;
  }

  /** A shell that this one starts: it is given what is exported, and nothing else. */
  child(): ShellState {
    const child = new ShellState(this.folders);
    child.variables = new Map([...this.variables].filter(([, variable]) => variable.exported));
    child.functions = new Map(
      [...this.functions].filter(([, all]) => all.some((fn) => fn?.exported === true)),
    );
    child.descriptors = new Map(this.descriptors);
    child.elsewhere = this.elsewhere;
    child.elevated = this.elevated;
    return child;
  }

  /** The variable that a name stands for. */
  named(name: string): string {
    let at = name;
    for (let i = 0; i < MOST_ALTERNATIVES; i++) at = this.references.get(at) ?? at;
    return at;
  }

  set(name: string, held: Held | undefined, exported?: boolean): void {
    const before = this.variables.get(name)?.exported ?? false;
    this.variables.set(name, { may: [held], exported: exported ?? before });
  }

  /** After a command that may have been skipped or may have gone another way: both are possible. */
  join(other: ShellState): void {
    for (const name of new Set([...this.variables.keys(), ...other.variables.keys()])) {
      const [a, b] = [this.variables.get(name), other.variables.get(name)];
      if (a === b) continue;
      const outside: readonly (Held | undefined)[] = [unknown()];
      const may = distinct([...(a?.may ?? outside), ...(b?.may ?? outside)]);
      const exported = (a?.exported ?? false) || (b?.exported ?? false);
      this.variables.set(name, { may: may.length > MOST_ALTERNATIVES ? [blur(may)] : may, exported });
    }
    for (const name of new Set([...this.functions.keys(), ...other.functions.keys()])) {
      const all = [...(this.functions.get(name) ?? [null]), ...(other.functions.get(name) ?? [null])];
      this.functions.set(name, [...new Map(all.map((fn) => [fn?.node ?? null, fn])).values()]);
    }
    for (const [name, alias] of other.aliases) this.aliases.set(name, alias);
    for (const [name, program] of other.hashed) this.hashed.set(name, program);
    for (const [name, to] of other.references) this.references.set(name, to);
    for (const [name, stream] of other.descriptors) this.descriptors.set(name, stream);
    if (this.positional !== other.positional) this.positional = null;
    if (this.pushed !== other.pushed) this.pushed = [];
    this.expandsAliases ||= other.expandsAliases;
    this.settle();
    other.settle();
    this.folders = union(this.folders, other.folders);
  }

  /** Goes on as one of several shells, nobody knows which. */
  becomeAny([first, ...others]: readonly ShellState[]): void {
    if (first === undefined) return;
    Object.assign(this, first);
    for (const other of others) this.join(other);
  }

  /** Makes unknown what has changed since; returns whether anything has. */
  blurSince(before: ShellState): boolean {
    let any = false;
    for (const [name, { may, exported }] of this.variables) {
      const old = before.variables.get(name)?.may;
      if (old !== undefined && may.every((held) => old.some((other) => shown(other) === shown(held))))
        continue;
      const number = may.every(
        (held) => held !== undefined && 'text' in held && (held.number === true || /^-?\d+$/.test(held.text)),
      );
      this.variables.set(name, { may: [{ ...blur(may), number }], exported });
      any = true;
    }
    return any;
  }

  /** The command before is known to have succeeded. */
  succeeded(): void {
    this.ifFailed = null;
  }

  /** The command before is known to have failed. */
  failed(): void {
    if (this.ifFailed !== null) this.folders = this.ifFailed;
    this.ifFailed = null;
  }

  /** The command before may have succeeded or not. */
  settle(): void {
    if (this.ifFailed !== null) this.folders = union(this.folders, this.ifFailed);
    this.ifFailed = null;
  }
}

/** Unknown in one case is unknown in all. */
function union(a: readonly string[], b: readonly string[]): readonly string[] {
  if (a === b) return a;
  if (a.length === 0 || b.length === 0) return [];
  const all = [...new Set([...a, ...b])];
  return all.length > MOST_FOLDERS ? [] : all;
}

const shown = (held: Held | undefined): string =>
  held === undefined
    ? ''
    : 'text' in held
      ? `=${held.from} ${held.text}`
      : [...held].map(([k, v]) => `${k}=${v.text}`).join('\n');

function distinct(all: readonly (Held | undefined)[]): (Held | undefined)[] {
  return [...new Map(all.map((held) => [shown(held), held])).values()];
}

const blur = (all: readonly (Held | undefined)[]): Value =>
  unknown(all.reduce((sum, held) => sum | (held !== undefined && 'text' in held ? held.from : 0), 0));

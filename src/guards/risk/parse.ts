import { resolve } from 'node:path';
import {
  type Command,
  type Redirect,
  type Redirected,
  type Redirection,
  type SyntaxNode,
  type Word,
  type WordPart,
  forEachChild,
  parse,
} from 'unbash';
import { Evaluation } from './evaluation.ts';

/** A word of a command: its value where that can be known before it runs, else null. */
export interface Arg {
  readonly value: string | null;
  readonly source: string;
  /** True where the value is a pattern that the shell replaces by the paths that fit. */
  readonly glob: boolean;
}

/** One simple command, wherever in the line it stands. */
export interface SimpleCommand {
  readonly name: Arg | null;
  readonly args: readonly Arg[];
  /** Names of variables assigned before it, or by it alone. */
  readonly assigns: readonly string[];
  /** Files that its redirections read from and write to. */
  readonly reads: readonly Arg[];
  readonly writes: readonly Arg[];
  /** Where it may run: several folders where a `cd` may have failed, none where that cannot be known. */
  readonly cwds: readonly string[];
  readonly source: string;
}

export interface ParsedLine {
  readonly commands: readonly SimpleCommand[];
  /** Why the line cannot be understood; null where it can. */
  readonly problem: string | null;
  /** Where it would have a text evaluated as code; null where it does not. */
  readonly evaluated: string | null;
}

const MAX_LENGTH = 20_000;
const MAX_COMMANDS = 500;
const MAX_CWDS = 8;

/** The simple commands of a shell line, those in substitutions, functions and here-documents among them. */
export function parseLine(
  line: string,
  cwd: string,
  home: string,
  given: readonly string[] = [],
): ParsedLine {
  const not = (problem: string): ParsedLine => ({ commands: [], problem, evaluated: null });
  if (line.length > MAX_LENGTH) return not(`longer than ${MAX_LENGTH} characters`);
  const script = parse(line);
  const error = script.errors?.[0];
  if (error !== undefined) return not(`${error.message} at character ${error.pos + 1}`);
  const walker = new Walker(line, home, given);
  walker.visit(script, { cwds: [cwd] });
  const problem =
    walker.commands.length > MAX_COMMANDS ? `more than ${MAX_COMMANDS} commands` : walker.problem;
  return { commands: walker.commands, problem, evaluated: walker.evaluation.found() };
}

interface Place {
  cwds: readonly string[];
}

class Walker {
  readonly commands: SimpleCommand[] = [];
  problem: string | null = null;
  readonly evaluation: Evaluation;
  private readonly line: string;
  private readonly home: string;

  constructor(line: string, home: string, given: readonly string[]) {
    this.line = line;
    this.home = home;
    this.evaluation = new Evaluation(line, given);
  }

  visit(node: SyntaxNode, place: Place): void {
    if (this.commands.length > MAX_COMMANDS) return;
    if (node.type === 'Command') this.command(node, place);
    if (node.type === 'Redirected') this.redirected(node, place);
    this.assigned(node, place);
    this.evaluation.see(node);
    const nested = (node as { script?: { errors?: readonly unknown[] } }).script;
    if (nested?.errors !== undefined && nested.errors.length > 0)
      this.problem = 'a substitution cannot be parsed';
    // What a loop or a function does to the folder cannot be told from one pass.
    const loops = ['For', 'While', 'Select', 'ArithmeticFor', 'Function', 'Coproc'].includes(node.type);
    const own = ['Subshell', 'CommandExpansion', 'ProcessSubstitution'].includes(node.type)
      ? { ...place }
      : place;
    const before = own.cwds;
    forEachChild(node, (child) => this.visit(child, own));
    if (loops && own.cwds !== before) own.cwds = [];
  }

  private command(node: Command, place: Place): void {
    const words = node.args.map((a) =>
      a.type === 'Word' ? this.arg(a) : { value: a.text, source: a.text, glob: false },
    );
    const name = node.name === undefined ? null : this.arg(node.name);
    const assigns = [...node.prefix, ...node.suffix].flatMap((p) =>
      p.type === 'Assignment' ? [p.name] : [],
    );
    const source = this.line.slice(node.pos, node.end);
    this.commands.push({
      name,
      args: words,
      assigns,
      ...this.files(node.redirects),
      cwds: place.cwds,
      source,
    });
    if (name?.value === 'cd' || name?.value === 'pushd' || name?.value === 'popd') {
      place.cwds = this.moved(place.cwds, words, name.value);
    }
  }

  /** Variables that are set by other means than `NAME=value`: loops, `${NAME:=…}`, arithmetic. */
  private assigned(node: SyntaxNode, { cwds }: Place): void {
    const names: string[] = [];
    if (node.type === 'For' || node.type === 'Select') names.push(node.name.value);
    if (
      node.type === 'ParameterExpansion' &&
      /^:?=$/.test(node.operation?.type === 'Default' ? node.operation.operator : '')
    ) {
      names.push(node.parameter);
    }
    if (node.type.startsWith('Arithmetic')) {
      const text = this.line.slice(node.pos, node.end);
      names.push(
        ...[...text.matchAll(/([A-Za-z_]\w*)\s*(?:[-+*/%&|^]|<<|>>)?=(?!=)/g)].map((m) => m[1] ?? ''),
      );
    }
    if (names.length === 0) return;
    const source = this.line.slice(node.pos, node.end);
    this.commands.push({ name: null, args: [], assigns: names, reads: [], writes: [], cwds, source });
  }

  /** What is redirected for a whole group: a command without a program. */
  private redirected(node: Redirected, { cwds }: Place): void {
    const source = this.line.slice(node.pos, node.end);
    this.commands.push({ name: null, args: [], assigns: [], ...this.files(node.redirects), cwds, source });
  }

  private files(redirections: readonly Redirection[]): { reads: Arg[]; writes: Arg[] } {
    const files = redirections.filter((r): r is Redirect => r.type === 'Redirect' && !movesDescriptor(r));
    const named = (some: Redirect[]): Arg[] =>
      some.flatMap((r) => (r.target === undefined ? [] : [this.arg(r.target)]));
    return {
      reads: named(files.filter((r) => r.operator === '<')),
      writes: named(files.filter((r) => r.operator !== '<')),
    };
  }

  private moved(cwds: readonly string[], args: readonly Arg[], name: string): readonly string[] {
    const [to, ...more] = args.filter((a, i) => a.value !== '--' || i > 0);
    // With options, or with a place in the stack of folders, it goes where one path does not tell.
    const plain = more.length === 0 && !/^[-+]/.test(to?.value ?? '') && (name === 'cd' || to !== undefined);
    if (!plain) return [];
    const target = to === undefined ? this.home : to.value;
    if (name === 'popd' || target === null || target === '-' || cwds.length === 0 || /[*?[\]]/.test(target))
      return [];
    const all = new Set([...cwds.map((c) => resolve(c, target)), ...cwds]);
    return all.size > MAX_CWDS ? [] : [...all];
  }

  private arg(word: Word): Arg {
    const source = word.text;
    const glob = word.parts?.some((part) => part.type === 'Glob') ?? false;
    const value = word.parts === undefined ? word.value : this.valueOf(word.parts);
    if (value === null || !source.startsWith('~')) return { value, source, glob };
    const atHome = source === '~' || source.startsWith('~/');
    return { value: atHome ? this.home + value.slice(1) : null, source, glob };
  }

  /** A word's value where every part of it is written down, or is the home folder. */
  private valueOf(parts: readonly WordPart[]): string | null {
    let value = '';
    for (const part of parts) {
      const piece = part.type === 'DoubleQuoted' ? this.valueOf(part.parts) : this.pieceOf(part);
      if (piece === null) return null;
      value += piece;
    }
    return value;
  }

  private pieceOf(part: WordPart): string | null {
    if (part.type === 'SimpleExpansion') return part.text === '$HOME' ? this.home : null;
    if (part.type === 'ParameterExpansion') return part.text === '${HOME}' ? this.home : null;
    const written = part.type === 'Literal' || part.type === 'SingleQuoted' || part.type === 'AnsiCQuoted';
    return written || part.type === 'Glob' ? part.value : null;
  }
}

/** Whether a redirection only copies or closes a descriptor, as `2>&1` does. */
function movesDescriptor(redirect: Redirect): boolean {
  if (redirect.operator !== '>&' && redirect.operator !== '<&') return false;
  return /^\d+-?$|^-$/.test(redirect.target?.value ?? '');
}

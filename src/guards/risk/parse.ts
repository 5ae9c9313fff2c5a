import { resolve } from 'node:path';
import {
  type Command,
  type Redirect,
  type SyntaxNode,
  type Word,
  type WordPart,
  forEachChild,
  parse,
} from 'unbash';

/** A word of a command: its value where that can be known before it runs, else null. */
export interface Arg {
  readonly value: string | null;
  readonly source: string;
}

/** One simple command, wherever in the line it stands. */
export interface SimpleCommand {
  readonly name: Arg | null;
  readonly args: readonly Arg[];
  /** Names of variables assigned before it, or by it alone. */
  readonly assigns: readonly string[];
  /** Files that its redirections write to. */
  readonly writes: readonly Arg[];
  /** Where it may run: several folders where a `cd` may have failed, none where that cannot be known. */
  readonly cwds: readonly string[];
  readonly source: string;
}

export interface ParsedLine {
  readonly commands: readonly SimpleCommand[];
  /** Why the line cannot be understood; null where it can. */
  readonly problem: string | null;
}

const MAX_LENGTH = 20_000;
const MAX_COMMANDS = 500;
const MAX_CWDS = 8;

/** The simple commands of a shell line, those in substitutions, functions and here-documents among them. */
export function parseLine(line: string, cwd: string, home: string): ParsedLine {
  if (line.length > MAX_LENGTH) return { commands: [], problem: `longer than ${MAX_LENGTH} characters` };
  const script = parse(line);
  const error = script.errors?.[0];
  if (error !== undefined) return { commands: [], problem: `${error.message} at character ${error.pos + 1}` };
  const walker = new Walker(line, home);
  walker.visit(script, { cwds: [cwd] });
  const problem =
    walker.commands.length > MAX_COMMANDS ? `more than ${MAX_COMMANDS} commands` : walker.problem;
  return { commands: walker.commands, problem };
}

interface Place {
  cwds: readonly string[];
}

class Walker {
  readonly commands: SimpleCommand[] = [];
  problem: string | null = null;
  private readonly line: string;
  private readonly home: string;

  constructor(line: string, home: string) {
    this.line = line;
    this.home = home;
  }

  visit(node: SyntaxNode, place: Place): void {
    if (this.commands.length > MAX_COMMANDS) return;
    if (node.type === 'Command') this.command(node, place);
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
    const words = node.args.map((a) => (a.type === 'Word' ? this.arg(a) : { value: a.text, source: a.text }));
    const name = node.name === undefined ? null : this.arg(node.name);
    const assigns = [...node.prefix, ...node.suffix].flatMap((p) =>
      p.type === 'Assignment' ? [p.name] : [],
    );
    const writes = node.redirects
      .filter((r): r is Redirect => r.type === 'Redirect' && writesTo(r))
      .flatMap((r) => (r.target === undefined ? [] : [this.arg(r.target)]));
    const source = this.line.slice(node.pos, node.end);
    this.commands.push({ name, args: words, assigns, writes, cwds: place.cwds, source });
    if (name?.value === 'cd' || name?.value === 'pushd' || name?.value === 'popd') {
      place.cwds = this.moved(place.cwds, words, name.value);
    }
  }

  private moved(cwds: readonly string[], args: readonly Arg[], name: string): readonly string[] {
    const to = args.find((a) => a.value !== '-P' && a.value !== '-L' && a.value !== '--');
    const target = to === undefined ? this.home : to.value;
    if (name === 'popd' || target === null || target === '-' || cwds.length === 0 || /[*?[\]]/.test(target))
      return [];
    const all = new Set([...cwds.map((c) => resolve(c, target)), ...cwds]);
    return all.size > MAX_CWDS ? [] : [...all];
  }

  private arg(word: Word): Arg {
    const known = word.parts === undefined || word.parts.every(isLiteral);
    const source = word.text;
    if (!known) return { value: null, source };
    if (source.startsWith('~')) {
      const path = source === '~' || source.startsWith('~/') ? this.home + word.value.slice(1) : null;
      return { value: path, source };
    }
    return { value: word.value, source };
  }
}

function isLiteral(part: WordPart): boolean {
  if (part.type === 'DoubleQuoted') return part.parts.every((inner) => inner.type === 'Literal');
  return ['Literal', 'SingleQuoted', 'AnsiCQuoted', 'Glob'].includes(part.type);
}

function writesTo(redirect: Redirect): boolean {
  if (redirect.operator === '<' || redirect.operator === '<&') return false;
  if (redirect.operator !== '>&') return true;
  return !/^\d+-?$|^-$/.test(redirect.target?.value ?? '');
}

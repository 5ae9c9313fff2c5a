import { parse, type Word } from 'unbash';
import { fields } from '../../../../src/guards/risk/shell/words.ts';
import type { Held, Scope } from '../../../../src/guards/risk/shell/scope.ts';
import { HOLE, joined, known, unknown, type Value } from '../../../../src/guards/risk/shell/value.ts';

/** A scope over plain variables, in which command substitutions of echo and printf are run. */
export class TestScope implements Scope {
  readonly cwd = '/';
  readonly zero = known('bash');
  readonly evaluated: string[] = [];
  readonly ran: string[] = [];
  readonly held: Map<string, Held>;
  readonly #positional: readonly Value[] | null;

  constructor(held: Readonly<Record<string, Held>> = {}, positional: readonly string[] | null = []) {
    this.held = new Map(Object.entries(held));
    this.#positional = positional?.map((text) => known(text)) ?? null;
  }

  positional(): readonly Value[] | null {
    return this.#positional;
  }

  get(name: string): Held | undefined {
    return this.held.get(name);
  }

  isUnset(): boolean {
    return false;
  }

  set(name: string, held: Held): void {
    this.held.set(name, held);
  }

  home(user: string | null): string | null {
    return user === null || user === 'root' ? '/root' : null;
  }

  output(part: Parameters<Scope['output']>[0]): Value {
    this.ran.push(part.text);
    const command = part.script?.commands[0]?.command;
    if (command?.type !== 'Command') return unknown();
    const name = command.name?.value;
    const inner = new TestScope(
      Object.fromEntries(this.held),
      this.positional()?.map(({ text }) => text) ?? null,
    );
    const words = command.args.flatMap((arg) => (arg.type === 'Word' ? fields(arg, inner) : []));
    if (name === 'echo') return joined([joined(words, ' '), known('\n')]);
    return name === 'printf' ? joined(words.slice(1)) : unknown();
  }

  process(): Value {
    return known('/dev/fd/63');
  }

  evaluates(source: string): void {
    this.evaluated.push(source);
  }
}

/** The words behind the command of a line. */
export function wordsOf(line: string): Word[] {
  const command = parse(line).commands[0]?.command;
  return command?.type === 'Command' ? command.args.flatMap((arg) => (arg.type === 'Word' ? [arg] : [])) : [];
}

/** The fields of a line's arguments, an unknown text as `…`. */
export const shown = (line: string, scope: Scope): string[] =>
  wordsOf(line)
    .flatMap((word) => fields(word, scope))
    .map(({ text }) => text.replaceAll(HOLE, '…'));

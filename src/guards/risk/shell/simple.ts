import type { Assignment, Command, Word } from 'unbash';
import type { Stream } from '../programs/engine.ts';
import { BUILTINS } from './builtins.ts';
import { callFunction } from './functions.ts';
import { heardBuiltin, runProgram } from './program.ts';
import { globbed } from './globbed.ts';
import { redirected } from './redirects.ts';
import { scopeOf } from './scope-of.ts';
import type { Held } from './scope.ts';
import { FROM, HOLE, type Value, joined, known, unknown } from './value.ts';
import { type Frame, UNSET, type Walk } from './walk.ts';
import { arithmetic, fields, single } from './words.ts';
import { arrayOf, isKeyed } from './arrays.ts';

/** So many combinations of what variables may hold are looked at. */
const MOST_CHOICES = 8;

/** Runs a simple command once for each combination of what its variables may hold. */
export function runSimple(node: Command, frame: Frame, walk: Walk): Stream {
  const before = frame.state.copy();
  const first = { ...frame, choice: new Map<string, number>(), open: new Set<string>() };
  let printed = once(node, first, walk);
  if (first.open.size === 0) return printed;
  for (const choice of choices(first.open, before)) {
    const state = before.copy();
    const other = once(node, { ...frame, state, choice, open: new Set() }, walk);
    frame.state.join(state);
    if (other.text !== printed.text) printed = unknown(printed.from | other.from);
  }
  return printed;
}

/** All combinations but the first. */
function choices(open: ReadonlySet<string>, state: Frame['state']): Map<string, number>[] {
  let all: Map<string, number>[] = [new Map()];
  for (const name of open) {
    const many = name === UNSET ? 2 : (state.variables.get(name)?.may.length ?? 1);
    all = all.flatMap((choice) => Array.from({ length: many }, (_, i) => new Map(choice).set(name, i)));
    if (all.length > MOST_CHOICES) all.length = MOST_CHOICES;
  }
  return all.slice(1);
}

function once(node: Command, frame: Frame, walk: Walk): Stream {
  const source = frame.source.slice(node.pos, node.end);
  walk.effort.spend(source.length / 10);
  const scope = scopeOf(frame, walk);
  const assignments = node.prefix.filter((part): part is Assignment => part.type === 'Assignment');
  if (node.name === undefined) {
    for (const assignment of assignments) assign(assignment, frame, walk);
    // `$(<file)` prints the file.
    return redirected(node.redirects, frame, walk, ({ stdin }) =>
      stdin !== frame.stdin && stdin !== null ? stdin : known(''),
    );
  }
  const name = fields(node.name, scope);
  const words = [...name, ...node.args.flatMap((arg) => argument(arg, node, frame, walk))];
  const alias = node.name.parts === undefined ? frame.state.aliases.get(node.name.text) : undefined;
  if (alias !== undefined && walk.calls.length < 8) {
    const rest = frame.source.slice(node.name.end, node.end);
    walk.calls.push(node.name.text);
    const state = frame.state.copy();
    state.aliases.delete(node.name.text);
    const printed = walk.run.text(alias.text + rest, state, frame.stdin, walk);
    walk.calls.pop();
    if (frame.state.expandsAliases) return printed;
  }
  const own = assignments.length === 0 ? frame : { ...frame, state: frame.state.copy() };
  for (const assignment of assignments) assign(assignment, own, walk, true);
  const keeps = words[0]?.text === 'exec' && words.length === 1;
  return redirected(
    node.redirects,
    own,
    walk,
    (inner) => dispatch(words, inner, walk, source, assignments.length > 0 ? frame : null),
    keeps,
  );
}

/** `declare a=$x` does not split what it assigns; elsewhere `a=$x` is an ordinary word. */
function argument(arg: Word | Assignment, node: Command, frame: Frame, walk: Walk): Value[] {
  const scope = scopeOf(frame, walk);
  if (arg.type === 'Word') return fields(arg, scope);
  if (!/^(declare|typeset|local|export|readonly|alias)$/.test(node.name?.value ?? '')) {
    const value = arg.value.type === 'ArrayValue' ? known(arg.text) : single(arg.value, scope);
    return [{ ...value, text: `${arg.name}=${value.text}` }];
  }
  const flags = node.args
    .filter((other) => other.text.startsWith('-'))
    .map((other) => other.text)
    .join('');
  if (/n/.test(flags) && !/^(export|alias)$/.test(node.name?.value ?? '')) {
    const to = arg.value.type === 'ArrayValue' ? known('') : single(arg.value, scope);
    return [{ ...to, text: `${arg.name}=${to.text}` }];
  }
  assign(arg, frame, walk, undefined, /A/.test(flags));
  const now = frame.state.variables.get(arg.name)?.may[0];
  return [now !== undefined && 'text' in now ? { ...now, text: `${arg.name}=${now.text}` } : known(arg.name)];
}

/** Decides what a command's name means: function, builtin or program, in the shell's own order. */
export function dispatch(
  words: readonly Value[],
  frame: Frame,
  walk: Walk,
  source: string,
  outer: Frame | null = null,
  sees = true,
): Stream {
  const [name] = words;
  if (name === undefined) return known('');
  const functions = sees ? frame.state.functions.get(name.text) : undefined;
  if (functions !== undefined) {
    const printed = functions.map((fn) => {
      const inner = { ...frame, state: frame.state.copy() };
      const text =
        fn === null
          ? dispatch(words, inner, walk, source, null, false)
          : callFunction(name.text, fn, words.slice(1), inner, walk);
      return { text, state: inner.state };
    });
    frame.state.becomeAny(printed.map(({ state }) => state));
    return joined(printed.map(({ text }) => text));
  }
  const builtin = BUILTINS.get(name.text);
  if (builtin !== undefined) {
    // What a builtin does to the shell lasts, though variables set before it do not.
    const lasting = outer === null || name.text === 'eval' ? frame : { ...frame, state: outer.state };
    const call = {
      frame: lasting,
      own: frame,
      walk,
      source,
      dispatch: (some: readonly Value[]) => dispatch(some, frame, walk, source, null, false),
    };
    const printed = heardBuiltin(name.text, walk, () => builtin(words.slice(1), call));
    if (printed !== undefined) return printed;
  }
  return runProgram(words, frame, walk, source);
}

export function assign(node: Assignment, frame: Frame, walk: Walk, exported?: boolean, keyed = false): void {
  const scope = scopeOf(frame, walk);
  const { state } = frame;
  const { index } = node;
  const target = state.named(node.name);
  const before = state.variables.get(target)?.may[0];
  if (node.value.type === 'ArrayValue') {
    const base =
      node.append === true && before !== undefined && !('text' in before) ? before : new Map<string, Value>();
    state.set(
      target,
      arrayOf(
        node.value,
        base,
        scope,
        keyed || (before !== undefined && !('text' in before) && isKeyed(before)),
        (word) => globbed(word, frame, walk),
      ),
      exported,
    );
    return;
  }
  // A key of an associative array is a text; one that is a word may be a name, which bash would evaluate.
  if (index !== undefined) arithmetic(index.text, scope, node.text);
  const value = single(node.value, scope);
  state.set(target, held(node, value, before), exported);
}

function held(node: Assignment, value: Value, before: Held | undefined): Held {
  const added = (old: Value | undefined): Value =>
    node.append === true && old !== undefined
      ? { ...value, text: old.text + value.text, from: old.from | value.from }
      : value;
  if (node.index !== undefined) {
    const elements: ReadonlyMap<string, Value> =
      before === undefined ? new Map() : 'text' in before ? new Map([['0', before]]) : before;
    return new Map(elements).set(node.index.value, added(elements.get(node.index.value)));
  }
  if (before !== undefined && !('text' in before)) return new Map(before).set('0', added(before.get('0')));
  if (node.append === true && before === undefined)
    return { ...value, text: HOLE + value.text, from: value.from | FROM.input };
  return added(before);
}

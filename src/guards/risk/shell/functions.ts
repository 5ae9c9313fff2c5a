import { globbed } from './globbed.ts';
import type { Stream } from '../programs/engine.ts';
import type { ShellFunction } from './state.ts';
import { type Value, unknown } from './value.ts';
import type { Frame, Walk } from './walk.ts';

/** So often a function is followed within itself, and so deep functions are followed at all. */
const MOST_RETURNS = 2;
const DEEPEST = 24;

const anyOf = (args: readonly Value[]): readonly Value[] | null =>
  args.every(({ text, number }) => number === true || /^-?\d+$/.test(text))
    ? args.map(() => ({ ...unknown(), number: true }))
    : null;

/** Calls a function of the line's own in the shell that stands. */
export function callFunction(
  name: string,
  fn: ShellFunction,
  args: readonly Value[],
  frame: Frame,
  walk: Walk,
): Stream {
  if (walk.calls.includes(name) && walk.beside > 0) {
    const evidence = fn.source.slice(fn.node.pos, fn.node.end);
    walk.report.factor('fork-bomb', 'CRITICAL', 'It starts itself again and again, beside itself.', evidence);
    return unknown();
  }
  const returns = walk.calls.filter((call) => call === name).length;
  if (returns > MOST_RETURNS) return unknown();
  if (walk.calls.length >= DEEPEST) {
    walk.problem ??= `functions call each other deeper than ${DEEPEST}`;
    return unknown();
  }
  walk.calls.push(name);
  const { state } = frame;
  const before = state.positional;
  const given = args.flatMap((arg) => globbed(arg, frame, walk));
  // How often it calls itself nobody knows: the last time it is followed stands for all others.
  state.positional = returns === MOST_RETURNS ? anyOf(given) : given;
  const printed = walk.run.node(fn.node.body, { ...frame, source: fn.source }, walk);
  state.positional = before;
  walk.calls.pop();
  return printed;
}

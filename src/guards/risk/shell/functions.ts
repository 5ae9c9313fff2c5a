import { globbed } from './globbed.ts';
import type { Stream } from '../programs/engine.ts';
import type { ShellFunction } from './state.ts';
import { type Value, unknown } from './value.ts';
import type { Frame, Walk } from './walk.ts';

/** So often a function is followed within itself, and so deep functions are followed at all. */
const MOST_WITHIN = 2;
const DEEPEST = 24;

/** Calls a function of the line's own in the shell that stands. */
export function callFunction(name: string, fn: ShellFunction, args: readonly Value[], frame: Frame, walk: Walk): Stream {
  if (walk.calls.includes(name) && walk.beside > 0) {
    const evidence = fn.source.slice(fn.node.pos, fn.node.end);
    walk.report.factor('fork-bomb', 'CRITICAL', 'It starts itself again and again, beside itself.', evidence);
    return unknown();
  }
  if (walk.calls.filter((call) => call === name).length >= MOST_WITHIN) return unknown();
  if (walk.calls.length >= DEEPEST) {
    walk.problem ??= `functions call each other deeper than ${DEEPEST}`;
    return unknown();
  }
  walk.calls.push(name);
  const { state } = frame;
  const before = state.positional;
  state.positional = args.flatMap((arg) => globbed(arg, frame, walk));
  const printed = walk.run.node(fn.node.body, { ...frame, source: fn.source }, walk);
  state.positional = before;
  walk.calls.pop();
  return printed;
}

import type { Stream } from '../programs/engine.ts';
import { type Value, known } from './value.ts';
import type { Frame, Walk } from './walk.ts';

export interface BuiltinCall {
  readonly frame: Frame;
  /** The shell with the variables that are set for this command alone. */
  readonly own: Frame;
  readonly walk: Walk;
  readonly source: string;
  /** Runs another command; `command`, `builtin` and `exec` see no functions. */
  readonly dispatch: (words: readonly Value[]) => Stream;
}

/** Returns what it prints; undefined where the registry's entry of that name is to speak. */
export type Builtin = (args: readonly Value[], call: BuiltinCall) => Stream | undefined;

export const NOTHING = known('');

export const optionsEnd = (args: readonly Value[]): readonly Value[] => {
  const at = args.findIndex((arg) => !arg.text.startsWith('-') || arg.text === '-');
  if (at < 0) return [];
  return args[at - 1]?.text === '--' || args[at]?.text !== '--' ? args.slice(at) : args.slice(at + 1);
};

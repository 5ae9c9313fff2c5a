import type { Stream } from '../programs/engine.ts';
import type { Value } from './value.ts';
import type { Frame, Walk } from './walk.ts';

export interface BuiltinCall {
  readonly frame: Frame;
  /** The shell with the variables that are set for this command alone. */
  readonly own: Frame;
  readonly walk: Walk;
  readonly source: string;
  readonly dispatch: (words: readonly Value[]) => Stream;
}

/** Returns what it prints; undefined where the registry's entry of that name is to speak. */
export type Builtin = (args: readonly Value[], call: BuiltinCall) => Stream | undefined;

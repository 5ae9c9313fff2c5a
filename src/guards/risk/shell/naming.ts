import { checkSubscript } from './arithmetic.ts';
import type { BuiltinCall } from './builtin.ts';
import { scopeOf } from './scope-of.ts';
import type { Held } from './scope.ts';
import { isKnown, type Value } from './value.ts';

/** Sets variables that a builtin is given by name, each to what it may be; a name that cannot be known may be any. */
export function setNames(
  names: readonly Value[],
  may: (i: number) => readonly Held[],
  { frame, walk, source: evidence }: BuiltinCall,
): void {
  const scope = scopeOf(frame, walk);
  for (const [i, name] of names.entries()) {
    if (name.text.includes('[') || !isKnown(name)) checkSubscript(name, scope, evidence);
    const plain = /^[A-Za-z_]\w*/.exec(name.text)?.[0];
    if (plain === undefined) continue;
    const target = frame.state.named(plain);
    const { exported } = frame.state.variables.get(target) ?? { exported: false };
    frame.state.variables.set(target, { may: may(i), exported });
  }
}

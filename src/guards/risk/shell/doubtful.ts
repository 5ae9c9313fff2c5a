import type { Scope } from './scope.ts';
import { unknown } from './value.ts';

/** The scope for what may run not at all, or more than once: what it sets cannot be known afterwards. */
export const doubtful = (scope: Scope): Scope => ({
  get: (name) => scope.get(name),
  isUnset: (name) => scope.isUnset(name),
  set: (name, held) => {
    const from = 'text' in held ? held.from : [...held.values()].reduce((sum, value) => sum | value.from, 0);
    const number = 'text' in held && (held.number === true || /^-?\d+$/.test(held.text));
    scope.set(name, number ? { ...unknown(from), number } : unknown(from));
  },
  positional: () => scope.positional(),
  zero: scope.zero,
  home: (user) => scope.home(user),
  cwd: scope.cwd,
  output: (part) => scope.output(part),
  process: (part) => scope.process(part),
  evaluates: (source, level) => scope.evaluates(source, level),
});

import type { Atom } from './atoms.ts';
import type { Scope } from './scope.ts';
import { HOLE, isKnown } from './value.ts';

/** Puts the folders in the place of the tildes; in an assignment, or an argument that looks like one, also after `:`. */
export function tildes(word: readonly Atom[], scope: Scope, assignment: boolean, argument = false): Atom[] {
  const equals = argument ? assigned(word) : -1;
  const starts = (at: number): boolean =>
    at === 0 ||
    (equals !== -1 && at === equals + 1) ||
    ((assignment || equals !== -1) && at > equals && follows(at));
  const follows = (at: number): boolean => char(word[at - 1]) === ':';
  const done: Atom[] = [];
  for (let i = 0; i < word.length; i++) {
    const atom = word[i];
    if (atom === undefined) break;
    const name = char(atom) === '~' && starts(i) ? named(word.slice(i + 1)) : null;
    done.push(name === null ? atom : { quoted: folder(name, scope) });
    i += name?.length ?? 0;
  }
  return done;
}

const char = (atom: Atom | undefined): string | null =>
  atom !== undefined && 'char' in atom ? atom.char : null;

/** Where the `=` of a word that looks like an assignment stands: bash expands tildes behind it in any argument. */
function assigned(word: readonly Atom[]): number {
  const at = word.findIndex((atom) => char(atom) === '=');
  const name = word.slice(0, Math.max(at, 0)).map((atom) => char(atom) ?? '\0');
  return /^[A-Za-z_]\w*(\[[^\0]*\])?\+?$/.test(name.join('')) ? at : -1;
}

/** The name behind a tilde; null where what stands there can be none. */
function named(word: readonly Atom[]): string | null {
  let name = '';
  for (const [i, atom] of word.entries()) {
    const next = char(atom);
    if (next === null) return null;
    if (next === '/' || next === ':' || (next === '=' && char(word[i + 1]) === '~')) break;
    if (!/[-+\w.]/.test(next)) return null;
    name += next;
  }
  return name;
}

function folder(user: string, scope: Scope): string {
  if (user === '') return scope.home(null) ?? HOLE;
  if (user === '+') return scope.cwd ?? HOLE;
  if (user !== '-') return /^[-+]?\d+$/.test(user) ? HOLE : (scope.home(user) ?? HOLE);
  const old = scope.get('OLDPWD');
  if (old === undefined) return '~-';
  return 'text' in old && isKnown(old) ? old.text : HOLE;
}

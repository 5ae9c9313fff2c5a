import { posix } from 'node:path';
import { HomeostatError } from '../../../core/errors.ts';

/** Whether a path of a build context stays out, and whether anything below it may be let in again. */
export interface Ignoring {
  ignores(path: string): boolean;
  readonly hasExceptions: boolean;
}

const ANYTHING = '**';

/** What a `.dockerignore` says, https://docs.docker.com/build/concepts/context/#dockerignore-files: the last that fits holds. */
export function ignoring(text: string): Ignoring {
  const rules = text
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .filter((line) => !line.startsWith('#') && line.trim() !== '')
    .map((line) => {
      const isException = line.trim().startsWith('!');
      const path = posix.normalize(line.trim().replace(/^!\s*/, '')).replaceAll(/^\/+|\/+$/g, '');
      // What fits a folder fits all that is below it.
      return { isException, pattern: [...path.split('/'), ANYTHING].map(partOf) };
    });
  return {
    ignores(path) {
      const names = path.split('/');
      const last = rules.findLast(({ pattern }) => fits(pattern, names, isAnything, fitsName));
      return last?.isException === false;
    },
    hasExceptions: rules.some(({ isException }) => isException),
  };
}

/** One letter, any letter, any of a class; `*` for any number of letters. */
type Letter = string | RegExp | typeof MANY;
type Part = readonly Letter[] | typeof ANYTHING;

const MANY = Symbol('*');
const ANY_LETTER = /^[^]$/u;

const partOf = (part: string): Part =>
  part === ANYTHING
    ? ANYTHING
    : Array.from(part.matchAll(/\*+|\[\^?[^\]]+\]|\\?[^]/gu), ([token]): Letter => {
        if (token.startsWith('*')) return MANY;
        if (token === '?') return ANY_LETTER;
        if (token.length > 2 && token.startsWith('[')) return classOf(token);
        return token.replace(/^\\(?=[^])/u, '');
      });

function classOf(token: string): RegExp {
  try {
    return new RegExp(`^${token.replaceAll('\\', String.raw`\\`)}$`, 'u');
  } catch (cause) {
    throw new HomeostatError('invalid_input', `.dockerignore: ${token} is no class of letters`, { cause });
  }
}

const isAnything = (part: Part): boolean => part === ANYTHING;
const fitsName = (part: Part, name: string): boolean =>
  part !== ANYTHING &&
  fits(
    part,
    Array.from(name),
    (letter) => letter === MANY,
    (letter, given) => (letter instanceof RegExp ? letter.test(given) : letter === given),
  );

/**
 * Whether all of a row fits a pattern, some parts of which stand for any number of its items. Only the last of these is
 * ever tried anew, so that no pattern takes long.
 */
function fits<P, T>(
  pattern: readonly P[],
  row: readonly T[],
  isMany: (part: P) => boolean,
  isOne: (part: P, item: T) => boolean,
): boolean {
  let [at, many, from] = [0, -1, 0];
  for (let index = 0; index < row.length;) {
    const part = pattern[at];
    const item = row[index] as T;
    if (part !== undefined && isMany(part)) {
      many = at++;
      from = index;
    } else if (part !== undefined && isOne(part, item)) {
      at += 1;
      index += 1;
    } else if (many >= 0) {
      at = many + 1;
      index = ++from;
    } else return false;
  }
  return pattern.slice(at).every(isMany);
}

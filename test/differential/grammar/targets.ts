import { basename, dirname } from 'node:path';
import {
  BUILT,
  CHANGED,
  COMMITTED,
  FOLDERS,
  HOME,
  HOME_FILES,
  OUTSIDE,
  ROOT,
  SECRETS,
  SYSTEM,
  TEMPORARY,
  UNTRACKED,
} from '../canaries.ts';
import type { Dice } from '../../helpers/dice.ts';

/** How a path is written: as a literal that may be quoted in any way, or raw, for bash to expand. */
export interface Written {
  readonly text: string;
  readonly raw: boolean;
  readonly posix: boolean;
}

const FILES = [
  UNTRACKED,
  UNTRACKED,
  UNTRACKED,
  CHANGED,
  COMMITTED,
  BUILT,
  SECRETS,
  HOME_FILES,
  OUTSIDE,
  SYSTEM,
  TEMPORARY,
];

export const aFile = (dice: Dice): string => dice.pick(dice.pick(FILES));

export function aFolder(dice: Dice): string {
  const kinds = Object.values(FOLDERS);
  return dice.pick<string>(dice.pick<readonly string[]>([FOLDERS.untracked, FOLDERS.untracked, ...kinds]));
}

export const fromRoot = (path: string): string =>
  path.startsWith(`${ROOT}/`) ? path.slice(ROOT.length + 1) : path;

const literal = (text: string): Written => ({ text, raw: false, posix: true });
const raw = (text: string, posix = true): Written => ({ text, raw: true, posix });

const spaced = (path: string): string => path.replaceAll(' ', '\\ ');

/** A pattern that this path fits. */
function pattern(path: string, dice: Dice): Written | null {
  const name = basename(path);
  const at = dice.below(name.length);
  const char = name[at] ?? '';
  // A leading dot is only matched by itself, and a space ends the word.
  if (at === 0 && char === '.') return null;
  const folder = dirname(path) === '.' ? '' : `${dirname(path)}/`;
  const rest = name.slice(at + 1);
  const shown = dice.pick([`?${rest}`, `[${char}]${rest}`, `*${rest}`, '*']);
  return /[ [\]]/.test(char) ? null : raw(spaced(`${folder}${name.slice(0, at)}${shown}`));
}

function expanded(path: string, dice: Dice): Written {
  if (path.startsWith(`${HOME}/`)) {
    const rest = spaced(path.slice(HOME.length + 1));
    return raw(dice.pick(['~/', '$HOME/', '${HOME}/', '"$HOME"/', '${HOME:-/nowhere}/', '~root/']) + rest);
  }
  const short = spaced(fromRoot(path));
  if (short.startsWith('/')) return raw(dice.pick([`//${short}`, `$unset${short}`, `\${unset:-/}${short}`]));
  return raw(
    dice.pick(['$PWD/', '"${PWD}"/', '${PWD%/}/', '~+/', '${HOME%/*/*}/w/root/', '$(pwd)/']) + short,
    false,
  );
}

function braced(path: string, dice: Dice): Written {
  const name = basename(path);
  const at = 1 + dice.below(Math.max(1, name.length - 1));
  const folder = path.slice(0, path.length - name.length);
  const [head, tail] = [name.slice(0, at), name.slice(at)];
  return raw(
    spaced(
      dice.pick([`${folder}${head}{${tail},}`, `${folder}{nothing,${name}}`, `${folder}${head}{${tail},x}`]),
    ),
    false,
  );
}

function roundabout(path: string, dice: Dice): Written {
  const short = fromRoot(path);
  if (short.startsWith('/')) return literal(dice.pick(['/tmp/..', '/usr/../', '/./', '../..']) + short);
  return literal(dice.pick(['./', '../root/', 'src/../', './/', '/w/root/', `/w/./root/`]) + short);
}

/** The path as somebody may write it in the root; `plain` where the shell may not be asked to help. */
export function written(
  path: string,
  dice: Dice,
  { tricks, one }: { tricks: number; one: boolean },
): Written {
  if (!dice.chance(tricks)) return literal(dice.chance(0.3) ? path : fromRoot(path));
  const way = dice.below(one ? 2 : 4);
  if (way === 0) return roundabout(path, dice);
  if (way === 1) return expanded(path, dice);
  if (way === 2) return braced(path, dice);
  return pattern(fromRoot(path), dice) ?? literal(path);
}

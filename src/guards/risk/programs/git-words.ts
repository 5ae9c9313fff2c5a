import { known, type Value } from '../shell/value.ts';

/** Letters that mean the same in every subcommand where `--no-…` can take them back. */
const LETTERS: Readonly<Record<string, string>> = {
  f: 'force',
  n: 'dry-run',
  S: 'staged',
  W: 'worktree',
  p: 'patch',
};
const NAMES: readonly string[] = Object.values(LETTERS);

/** Arguments without the switches that a later `--no-…` takes back, and without a `--no-…` that is taken back itself. */
export function settled(args: readonly Value[]): Value[] {
  const end = args.findIndex((arg) => arg.text === '--');
  const options = end < 0 ? args : args.slice(0, end);
  const last = new Map<string, boolean>();
  for (const { text } of options) for (const [name, on] of switches(text)) last.set(name, on);
  const kept = options.flatMap((arg) => keep(arg, last));
  return end < 0 ? kept : [...kept, ...args.slice(end)];
}

function switches(text: string): [string, boolean][] {
  if (text.startsWith('--no-')) return NAMES.includes(text.slice(5)) ? [[text.slice(5), false]] : [];
  if (text.startsWith('--')) return NAMES.includes(text.slice(2)) ? [[text.slice(2), true]] : [];
  if (!text.startsWith('-')) return [];
  return text
    .slice(1)
    .split('')
    .flatMap((letter): [string, boolean][] => {
      const name = LETTERS[letter];
      return name === undefined ? [] : [[name, true]];
    });
}

function keep(arg: Value, last: ReadonlyMap<string, boolean>): Value[] {
  const { text } = arg;
  if (text.startsWith('--')) return switches(text).some(([name, on]) => last.get(name) !== on) ? [] : [arg];
  if (!text.startsWith('-') || !switches(text).some(([name]) => last.get(name) === false)) return [arg];
  const letters = text
    .slice(1)
    .split('')
    .filter((letter) => last.get(LETTERS[letter] ?? '') !== false);
  return letters.length === 0 ? [] : [{ ...arg, text: `-${letters.join('')}` }];
}

/** The words of an alias, split as git splits them. */
export function aliasWords(text: string): Value[] {
  return [...text.matchAll(/(?:"[^"]*"|'[^']*'|[^\s"'])+/g)].map(([word]) =>
    known(word.replaceAll(/["']/g, '')),
  );
}

/** A path that a patch names, and whether the patch deletes it. */
export interface Patched {
  readonly path: string;
  readonly gone: boolean;
}

/** The files that a patch changes. */
export function patched(text: string): Patched[] {
  const found: Patched[] = [];
  let old: string | null = null;
  for (const line of text.split('\n')) {
    const [, mark, name] =
      /^(---|\+\+\+|rename to|rename from|copy to) ([^\t]+?)\s*(?:\t.*)?$/.exec(line) ?? [];
    if (mark === undefined || name === undefined) continue;
    const path = mark.startsWith('r') || mark.startsWith('c') ? name : name.replace(/^[abciow]\//, '');
    if (mark === '---') old = path;
    else if (path !== '/dev/null') found.push({ path, gone: mark === 'rename from' });
    else if (old !== null) found.push({ path: old, gone: true });
  }
  return found;
}

import { randomBytes } from 'node:crypto';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { HomeostatError } from '../../core/errors.ts';
import { atTerminal, note, print, readLine } from '../terminal.ts';
import { setJsonc } from './jsonc-edit.ts';
import { scanJsonc } from './jsonc-scan.ts';
import { type Setting, isOurs } from './settings.ts';

interface Change {
  readonly file: string;
  readonly before: string | null;
  readonly after: string;
  /** What is put in, for people. */
  readonly settings: readonly Setting[];
}

/** Works out what each file becomes. Throws where one cannot be read as JSON; then a person puts it in by hand. */
export function changesFor(settings: readonly Setting[]): Change[] {
  return [...new Set(settings.map(({ file }) => file))].map((file) => {
    const mine = settings.filter((setting) => setting.file === file);
    const before = existsSync(file) ? readFileSync(file, 'utf8') : null;
    try {
      return { file, before, after: mine.reduce(withSetting, before ?? ''), settings: mine };
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new HomeostatError('invalid_input', `${file} stays as it is: ${why}`, {
        next: `Put this into it by hand:\n${shownSettings(mine)}`,
        cause,
      });
    }
  });
}

function withSetting(text: string, { path, value, list, ifMissing }: Setting): string {
  const there = path.reduce<unknown>(
    (found, step) => (found as Record<string, unknown> | null | undefined)?.[step],
    text.trim() === '' ? {} : scanJsonc(text).value,
  );
  if (ifMissing === true && there !== undefined) return text;
  if (list !== true) return isDeepStrictEqual(there, value) ? text : setJsonc(text, path, value);
  if (there === undefined) return setJsonc(text, path, [value]);
  const elements = Array.isArray(there) ? (there as unknown[]) : [];
  const at = elements.findIndex(isOurs);
  if (at >= 0 && isDeepStrictEqual(elements[at], value)) return text;
  return setJsonc(text, [...path, at < 0 ? elements.length : at], value);
}

const shownSettings = (settings: readonly Setting[]): string =>
  settings
    .map(
      ({ path, value }) => `  ${path.join('.')}: ${JSON.stringify(value, null, 2).replaceAll('\n', '\n  ')}`,
    )
    .join('\n');

/** Shows what would be written and writes it when a person says so. */
export async function writeSettings(
  changes: readonly Change[],
  options: { print?: boolean; yes?: boolean },
): Promise<void> {
  for (const change of changes) {
    const shown = `${change.file}\n${shownSettings(change.settings)}`;
    if (options.print === true) print(shown);
    else if (change.after === change.before) note(`${change.file} has it already`);
    else if (options.yes === true || (await agreed(shown))) note(written(change));
    else note(`${change.file} stays as it is`);
  }
}

async function agreed(shown: string): Promise<boolean> {
  if (!atTerminal())
    throw new HomeostatError('terminal_required', 'init asks before it writes into a client’s files', {
      next: 'Run it at a terminal, with --yes to write without a question, or with --print to see what it would write.',
    });
  note(`${shown}\nWrite this? [y/N] `);
  return /^y(es)?$/i.test((await readLine()).trim());
}

/** In one step, so that the client never reads half a file; what stood there is kept beside it. */
function written({ file, before, after }: Change): string {
  mkdirSync(dirname(file), { recursive: true });
  // Where it is a link, as to a folder of dotfiles, what it leads to is written.
  const real = existsSync(file) ? realpathSync(file) : file;
  const now = existsSync(real) ? readFileSync(real, 'utf8') : null;
  if (now !== before)
    throw new HomeostatError('world_changed', `${file} was changed just now, and stays as it is`);
  if (before !== null) copyFileSync(real, `${real}.homeostat-backup`);
  const next = `${real}.${randomBytes(6).toString('hex')}`;
  try {
    writeFileSync(next, after, {
      mode: before === null ? 0o600 : statSync(real).mode & 0o777,
      flag: 'wx',
      flush: true,
    });
    renameSync(next, real);
  } finally {
    rmSync(next, { force: true });
  }
  return before === null ? `wrote ${file}` : `changed ${file}; what it was is in ${real}.homeostat-backup`;
}

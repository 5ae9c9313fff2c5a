import { FROM, joined, known, type Value, unknown } from '../shell/value.ts';
import type { Engine, Handler, Invocation, Stream } from './engine.ts';
import { isUsed, judgeSetting, type Setting, settingOf } from './git-settings.ts';
import { aliasWords, patched, settled } from './git-words.ts';

/** Aliases may stand for aliases, so often at most. */
const DEPTH = 10;

/** What stands before the subcommand. */
interface Call {
  readonly settings: readonly Setting[];
  readonly cwd: Value | null;
  readonly stdin: Stream | null;
  readonly engine: Engine;
}

/** git: what stands before the subcommand, aliases, and what several subcommands share; the rest is in `git-SUB`. */
export const handle: Handler = ({ parsed, stdin }: Invocation, engine) => {
  const given = (name: string): Value[] => (parsed.options.get(name) ?? []).filter((value) => value !== null);
  const folders = given('-C');
  const hidden = given('--config-env').map((value) => ({
    ...settingOf(value),
    value: { ...value, text: '\u{FFFC}' },
  }));
  const settings = [...given('-c').map(settingOf), ...hidden];
  if (given('--exec-path').length > 0) {
    engine.found({
      kind: 'exec',
      level: 'HIGH',
      reason: 'It takes git’s own programs from another folder.',
      rule: 'git-exec-path',
    });
  }
  const cwd = folders.length === 0 ? null : joined(folders, '/');
  return subcommand(parsed.operands, { settings, cwd, stdin, engine }, 0);
};

function subcommand(words: readonly Value[], call: Call, depth: number): Stream | undefined {
  const [sub, ...rest] = words;
  if (sub === undefined) return undefined;
  const { engine, settings, stdin } = call;
  const alias = settings.findLast(({ name }) => name.toLowerCase() === `alias.${sub.text.toLowerCase()}`);
  const where = call.cwd === null ? {} : { cwd: call.cwd };
  if (alias?.value.text.startsWith('!') === true) {
    const line = { ...alias.value, text: `${alias.value.text.slice(1)} "$@"` };
    return engine.code('shell', line, { stdin, args: rest, ...where });
  }
  if (alias !== undefined && depth < DEPTH) {
    return subcommand([...aliasWords(alias.value.text), ...rest], call, depth + 1);
  }
  for (const setting of settings) if (isUsed(setting, sub.text)) judgeSetting(setting, engine, false);
  addresses(rest, engine);
  if (sub.text === 'clone') for (const setting of cloneSettings(rest)) judgeSetting(setting, engine, true);
  if (sub.text === 'clone') cloned(rest, engine);
  if (SHOWS.has(sub.text)) for (const path of shown(sub.text, rest)) engine.found({ kind: 'read', path });
  if (sub.text === 'apply' || sub.text === 'am') patches(rest, stdin, engine);
  const program = { ...sub, text: `git-${sub.text}` };
  return engine.command([program, ...settled([...implied(sub.text, settings), ...rest])], {
    stdin,
    ...where,
  });
}

/** Options that settings stand for. */
function implied(sub: string, settings: readonly Setting[]): Value[] {
  return settings.flatMap(({ name, value }) => {
    const key = name.toLowerCase();
    if (sub === 'clean' && key === 'clean.requireforce' && value.text === 'false') return [known('--force')];
    if (sub === 'gc' && /^gc\.(pruneexpire|reflogexpire|reflogexpireunreachable)$/.test(key)) {
      return [{ ...value, text: `--prune=${value.text}` }];
    }
    return [];
  });
}

/** Addresses that run a program: `ext::sh -c …`, and options for ssh in place of a host. */
function addresses(words: readonly Value[], engine: Engine): void {
  for (const word of words) {
    const ext = word.text.startsWith('ext::');
    if (!ext && !/^((git\+)?ssh:\/\/)-/.test(word.text)) continue;
    engine.found({
      kind: 'exec',
      resource: word.text,
      level: 'HIGH',
      reason: 'That address runs a program.',
      rule: 'git-address',
    });
    if (ext) engine.code('shell', { ...word, text: word.text.slice(5).replaceAll('% ', ' ') });
  }
}

function cloneSettings(words: readonly Value[]): Setting[] {
  return words.flatMap((word, at) => {
    const next = words[at + 1];
    if ((word.text === '-c' || word.text === '--config') && next !== undefined) return [settingOf(next)];
    return word.text.startsWith('--config=') ? [settingOf({ ...word, text: word.text.slice(9) })] : [];
  });
}

const CLONE_VALUED =
  /^(-[bocuj]|--(branch|origin|config|depth|reference|template|filter|jobs|upload-pack|shallow-since|shallow-exclude|separate-git-dir))$/;

/** All that a clone of another machine's repository holds has been fetched. */
function cloned(words: readonly Value[], engine: Engine): void {
  const operands = words.filter(
    ({ text }, at) => !text.startsWith('-') && !CLONE_VALUED.test(words[at - 1]?.text ?? ''),
  );
  const [from, to] = operands;
  if (from === undefined || !/:/.test(from.text)) return;
  const name =
    from.text
      .replace(/\/+$/, '')
      .replace(/\.git$/, '')
      .split(/[/:]/)
      .at(-1) ?? '';
  engine.wrote(to ?? { ...from, text: name }, unknown(FROM.network));
}

const SHOWS = new Set(['show', 'cat-file', 'diff', 'log', 'blame', 'annotate', 'grep', 'archive']);

/** The files whose content it shows: `COMMIT:path`, and what stands after `--`. */
function shown(sub: string, words: readonly Value[]): Value[] {
  const end = words.findIndex((word) => word.text === '--');
  const named = words.flatMap((word) => {
    const [, path] = /^[^:\s-][^:\s]*:(?:\.\/)?([^:/].*)$/s.exec(word.text) ?? [];
    return path === undefined ? [] : [{ ...word, text: path }];
  });
  const plain =
    sub === 'blame' || sub === 'annotate' ? words.filter((word) => !word.text.startsWith('-')) : [];
  return [...named, ...plain, ...(end < 0 ? [] : words.slice(end + 1))];
}

/** The files that a patch changes, as far as the patch is known. */
function patches(words: readonly Value[], stdin: Stream | null, engine: Engine): void {
  if (words.some((word) => /^--(check|stat|numstat|summary|cached)$/.test(word.text))) return;
  const files = words.filter((word) => !word.text.startsWith('-'));
  const sources = files.length === 0 ? [stdin] : files.map((file) => engine.written(file));
  for (const source of sources) {
    for (const { path, gone } of patched(source?.text ?? '')) {
      engine.found({ kind: gone ? 'delete' : 'write', path: known(path) });
    }
  }
}

import { normalize } from 'node:path';
import { rank, strictest } from '../../../core/risk.ts';
import { namesService } from '../../../core/services.ts';
import { isInside } from '../../../core/inside.ts';
import type { Program } from '../../../registry/commands.ts';
import { parseArguments } from '../programs/arguments.ts';
import type { Invocation, Stream } from '../programs/engine.ts';
import { cardServices } from '../programs/card-services.ts';
import { handlerOf } from '../programs/handlers.ts';
import { applyServers } from '../programs/reaches.ts';
import { applyRules, isHarmless } from '../programs/rules.ts';
import { applyUnknown } from '../programs/unknown.ts';
import { applyVerbs } from '../programs/verbs.ts';
import { type ShellEngine, engineOf } from './engine-of.ts';
import { openFiles } from './files.ts';
import { FROM, HOLE, type Value, known, unknown } from './value.ts';
import { applyVariables, optionsFromVariables } from './variables.ts';
import type { Frame, Walk } from './walk.ts';

/** Folders whose programs are what their name says; anywhere else a name proves nothing. */
const SYSTEM_FOLDERS = /^\/(usr\/(local\/)?)?s?bin\/([^/]+)$/;

/** Judges a program with its arguments; returns what it prints. */
export function runProgram(words: readonly Value[], frame: Frame, walk: Walk, source: string): Stream {
  const [name, ...args] = words;
  if (name === undefined) return known('');
  walk.effort.spend(10 + 2 * words.length + textLength(words) / 100);
  mentionsOwn(words, frame, walk, source);
  if (name.text.includes(HOLE) || (name.glob && !name.text.startsWith('[')))
    return unknownName(name, args, frame, walk, source);
  const meant = frame.state.hashed.get(name.text) ?? name;
  const { program, sure } = programOf(meant.text, frame, walk);
  const own = ownScript(meant, args, frame, walk, source);
  if (own !== null) return own;
  const entries = program === null ? [] : (walk.ctx.catalogue.programs.get(program) ?? []);
  applyVariables(program ?? '', meant, frame, walk, source);
  if (entries.length === 0 || !sure) unknownProgram(meant, args, frame, walk, source, entries.length > 0);
  if (program === null || entries.length === 0) return unknown(FROM.input | (frame.stdin?.from ?? 0));
  let printed: Stream = known('');
  for (const options of optionsFromVariables(program, frame, walk))
    for (const entry of entries) {
      const given = [...options, ...args];
      printed = heard(entry, walk, () => runEntry(entry, program, given, frame, walk, source));
      applyServers(given, entry, engineOf(frame, walk, source, entry));
    }
  return printed;
}

/** A builtin of the shell's own: what it finds is heard as its entry's. */
export function heardBuiltin(name: string, walk: Walk, run: () => Stream | undefined): Stream | undefined {
  const [entry] = walk.spoken === null ? [] : (walk.ctx.catalogue.programs.get(name) ?? []);
  return entry === undefined ? run() : heard(entry, walk, run);
}

/** Notes what an entry finds, for those who hold it to its examples. */
function heard<T>(entry: Program, { spoken, report }: Walk, run: () => T): T {
  if (spoken === null) return run();
  const before = report.worst;
  report.worst = 'SAFE';
  const printed = run();
  spoken.set(entry.id, strictest([report.worst, spoken.get(entry.id) ?? 'SAFE']));
  report.worst = strictest([before, report.worst]);
  return printed;
}

function runEntry(
  entry: Program,
  name: string,
  args: readonly Value[],
  frame: Frame,
  walk: Walk,
  source: string,
): Stream {
  const parsed = parseArguments(args, entry.options);
  const call: Invocation = { program: entry, name, args, parsed, stdin: frame.stdin, source };
  const engine = engineOf(frame, walk, source, entry);
  const before = walk.report.worst;
  walk.report.worst = 'SAFE';
  const handled = isHarmless(call) ? undefined : handlerOf(entry.handler, name)?.(call, engine);
  applyRules(call, engine);
  applyVerbs(call, walk.ctx.catalogue.verbs, engine);
  engine.end();
  if (rank(walk.report.worst) > rank('LOW')) services(entry, args, walk, source);
  cardServices(entry, args, walk, source);
  walk.report.worst = strictest([before, walk.report.worst]);
  if (isHarmless(call)) return unknown();
  if (handled !== undefined) return handled;
  const given = args.reduce(
    (sum, arg) => sum | (arg.from & (FROM.network | FROM.secret | FROM.decoded | FROM.environment)),
    0,
  );
  // Most programs come to an end with what does not.
  const from = ((frame.stdin?.from ?? 0) | engine.readFrom() | given) & (name === 'cat' ? ~0 : ~FROM.endless);
  if (entry.prints === 'network') return unknown(FROM.network | (from & FROM.secret));
  return entry.prints === 'text' ? unknown() : unknown(from | FROM.input);
}

/** The name that the registry knows a program by, and whether the name can be trusted. */
function programOf(text: string, { state }: Frame, { ctx }: Walk): { program: string | null; sure: boolean } {
  const path = text.includes('/') || text.includes('\\') ? normalize(text) : text;
  const written = (path.split(/[/\\]/).at(-1) ?? '').replace(/\.exe$/i, '');
  // Where the case of letters does not count, as on a Mac, `RM` is `rm`.
  const base = ctx.catalogue.programs.has(written) ? written : written.toLowerCase();
  if (!path.includes('/') && !path.includes('\\')) return { program: base, sure: base === text };
  if (state.elsewhere) return { program: base, sure: true };
  const inRoot = ctx.workspace.roots.some((root) => isInside(path, root));
  return { program: base, sure: !inRoot && SYSTEM_FOLDERS.test(path) };
}

function unknownName(name: Value, args: readonly Value[], frame: Frame, walk: Walk, source: string): Stream {
  const bad = ((name.from & (FROM.network | FROM.decoded)) | ((frame.stdin?.from ?? 0) & FROM.network)) !== 0;
  walk.report.effect('exec', 'a program that cannot be known', source);
  walk.report.factor(
    'unknown-program',
    bad ? 'CRITICAL' : 'HIGH',
    'Which program it runs cannot be known before.',
    source,
  );
  applyUnknown(args, null, engineOf(frame, walk, source, null), walk.ctx.catalogue);
  return unknown(FROM.input | name.from | (frame.stdin?.from ?? 0));
}

/** A program of which nobody knows what it does; where its name is a known one's, what that would do counts as well. */
function unknownProgram(
  name: Value,
  args: readonly Value[],
  frame: Frame,
  walk: Walk,
  source: string,
  named: boolean,
): void {
  walk.report.effect('exec', name.text, source);
  walk.report.factor(
    'unknown-program',
    'MEDIUM',
    `Nobody knows what ${name.text.slice(0, 60)} does.`,
    source,
  );
  if (!named)
    applyUnknown([name, ...args], frame.stdin, engineOf(frame, walk, source, null), walk.ctx.catalogue);
}

/** A script that the line has written or fetched, or that stands where it is run, is judged by what is in it. */
function ownScript(
  name: Value,
  args: readonly Value[],
  frame: Frame,
  walk: Walk,
  source: string,
): Stream | null {
  if (!name.text.includes('/') || name.text.startsWith('/dev/')) return null;
  const files = openFiles(frame, walk, source);
  const run = (text: Value): Stream =>
    engineOf(frame, walk, source, null).code(languageOf(text.text), text, { args });
  const written = files.written(name);
  if (written !== null) return run(written);
  const printed = files.follow(name, run);
  if (printed === null) return null;
  walk.report.effect('exec', name.text, source);
  walk.report.factor('runs-script', 'MEDIUM', 'It runs a script, whatever that may do.', source);
  return printed;
}

const INTERPRETERS: readonly (readonly [RegExp, Parameters<ShellEngine['code']>[0]])[] = [
  [/^#!.*python/, 'python'],
  [/^#!.*(node|deno|bun)/, 'javascript'],
  [/^#!.*ruby/, 'ruby'],
  [/^#!.*perl/, 'perl'],
  [/^#!.*php/, 'php'],
  [/^#!.*lua/, 'lua'],
  [/^#!.*awk/, 'awk'],
];

/** The language that a script's first line names; a shell's without one. */
const languageOf = (text: string): Parameters<ShellEngine['code']>[0] =>
  INTERPRETERS.find(([pattern]) => pattern.test(text))?.[1] ?? 'shell';

function mentionsOwn(words: readonly Value[], frame: Frame, walk: Walk, source: string): void {
  if (walk.ctx.ownFolders.length === 0 || frame.state.elsewhere) return;
  const files = openFiles(frame, walk, source);
  for (const word of words) {
    const text = word.text.replace(/^-{0,2}[\w-]*=/, '');
    if (text === '' || text.startsWith('-') || text.length > 4096) continue;
    const plain = files.paths({ ...word, text });
    const own = plain?.find((path) => walk.ctx.ownFolders.some((folder) => isInside(path, folder)));
    if (own === undefined) continue;
    walk.report.factor('own-state', 'CRITICAL', 'It names homeostat’s own state or configuration.', source);
  }
}

/** A protected service that a line names. */
function services(entry: Program, args: readonly Value[], walk: Walk, source: string): void {
  if (
    !ON_SERVICES.has(entry.id) &&
    !entry.rules.some((rule) => rule.effect === 'service' || rule.effect === 'container_loss')
  )
    return;
  for (const service of walk.ctx.protectedServices) {
    const named = args.some(({ text }) => namesService(text, service));
    if (named)
      walk.report.factor('protected-service', 'CRITICAL', `The configuration protects ${service}.`, source);
  }
}

const ON_SERVICES = new Set(['systemctl', 'service', 'docker', 'docker-compose', 'podman', 'kubectl']);

const textLength = (words: readonly Value[]): number => words.reduce((sum, { text }) => sum + text.length, 0);

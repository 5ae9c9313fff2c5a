import { type Value, isKnown, known } from '../shell/value.ts';
import type { Engine, Handler, Invocation } from './engine.ts';

const MAKEFILES = ['GNUmakefile', 'makefile', 'Makefile'];

/** Scripts that npm runs by itself when it installs. */
const BY_ITSELF = /^(pre|post)?(install|prepare)$/;
const INSTALLS = /^(i|in|ci|install|add|it|install-test)$/;
const RUNS_PROGRAM = /^(exec|x)$/;

/** make: a file of recipes that the line itself has written is looked into. */
export const make: Handler = (call, engine) => {
  const folder = folderOf(call, '-C', '--directory');
  const named = given(call, '-f', '--file', '--makefile');
  const files = named.length > 0 ? named : MAKEFILES.map((name) => known(name));
  for (const file of files)
    recipes(file.text === '-' ? call.stdin : engine.written(within(folder, file), true), folder, engine);
  return undefined;
};

function recipes(content: Value | null, folder: Value | undefined, engine: Engine): void {
  if (content === null) return;
  if (!isKnown(content)) return void engine.code('shell', content, { stdin: null });
  const lines = content.text.replaceAll('\\\n', ' ').split('\n').flatMap(commandsOf);
  for (const line of lines) engine.code('shell', known(line, content.from), inFolder(folder));
}

/** What a line of a makefile has a shell do: a recipe's, one behind a rule's `;`, or one that make itself evaluates. */
function commandsOf(line: string): string[] {
  const evaluated = [...line.matchAll(/\$\(shell\s+(.*)\)/g), ...line.matchAll(/^\s*\w+\s*!=(.*)$/g)].map(
    ([, command = '']) => command,
  );
  const recipe = /^\t\s*(.*)$/.exec(line)?.[1] ?? /^[^\s#=][^=#;]*:[^=;]*;(.*)$/.exec(line)?.[1];
  const own = recipe
    ?.replace(/^[@+\s-]+/, '')
    .replaceAll(/\$(?=[^$({])./g, '')
    .replaceAll('$$', '$');
  return [...evaluated, ...(own === undefined || own === '' || /\$\(shell/.test(own) ? [] : [own])];
}

/** npm, pnpm, yarn: scripts of a package.json that the line itself has written, and programs run as they are. */
export const npm: Handler = (call, engine) => {
  const at = call.args.findIndex((arg) => !arg.text.startsWith('-'));
  if (at >= 0 && RUNS_PROGRAM.test(call.args[at]?.text ?? '')) {
    const rest = call.args.slice(at + 1);
    const from = rest.findIndex((arg) => !arg.text.startsWith('-'));
    if (from >= 0) engine.command(rest.slice(from), { stdin: null });
  }
  const folder = folderOf(call, '--prefix', '-C', '--cwd', '--dir');
  const content = engine.written(within(folder, known('package.json')), true);
  if (content !== null)
    for (const script of scriptsOf(content, call)) engine.code('shell', script, inFolder(folder));
  return undefined;
};

function scriptsOf(content: Value, { parsed }: Invocation): Value[] {
  if (!isKnown(content)) return [content];
  const words = new Set(parsed.operands.map((operand) => operand.text));
  const installs = words.size === 0 || [...words].some((word) => INSTALLS.test(word));
  const runs = (name: string): boolean =>
    words.has(name.replace(/^(pre|post)/, '')) || words.has(name) || (installs && BY_ITSELF.test(name));
  const listed = /"scripts"\s*:\s*\{([^}]*)\}/.exec(content.text)?.[1] ?? '';
  return [...listed.matchAll(/"([^"]+)"\s*:\s*"((?:[^"\\]|\\.)*)"/g)].flatMap(([, name = '', script = '']) =>
    runs(name) ? [known(script.replaceAll(/\\(.)/g, '$1'), content.from)] : [],
  );
}

const given = ({ parsed }: Invocation, ...names: string[]): Value[] =>
  names.flatMap((name) => parsed.options.get(name) ?? []).filter((value) => value !== null);
const folderOf = (call: Invocation, ...names: string[]): Value | undefined => given(call, ...names)[0];
const within = (folder: Value | undefined, file: Value): Value =>
  folder === undefined || file.text.startsWith('/')
    ? file
    : { ...folder, text: `${folder.text}/${file.text}` };
const inFolder = (folder: Value | undefined): { stdin: null; cwd?: Value } =>
  folder === undefined ? { stdin: null } : { stdin: null, cwd: folder };

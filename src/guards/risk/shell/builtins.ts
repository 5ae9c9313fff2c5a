import { resolve } from 'node:path';
import { formatted } from '../programs/print.ts';
import { type Builtin, type BuiltinCall, NOTHING, optionsEnd } from './builtin.ts';
import { openFiles } from './files.ts';
import { runValue } from './run-value.ts';
import { scopeOf } from './scope-of.ts';
import { SETTINGS } from './settings.ts';
import { FROM, HOLE, type Value, isKnown, joined, known, unknown } from './value.ts';
import { checkSubscript } from './arithmetic.ts';
import { arithmetic } from './words.ts';

function changeFolder(name: string): Builtin {
  return (args, { frame: { state }, given, walk }) => {
    const [to, ...more] = args.filter((arg, i) => arg.text !== '--' || i > 0);
    const plain = more.length === 0 && !/^[-+]/.test(to?.text ?? '') && (name === 'cd' || to !== undefined);
    const home = given.variables.get('HOME')?.may[0];
    const target = to ?? (home !== undefined && 'text' in home ? home : known(walk.ctx.home));
    const tells = plain && name !== 'popd' && isKnown(target) && !target.glob && !given.variables.has('CDPATH');
    const before = state.folders;
    state.ifFailed = before;
    if (!tells || (before.length === 0 && !target.text.startsWith('/'))) state.folders = [];
    else state.folders = target.text.startsWith('/') ? [resolve(target.text)] : before.map((folder) => resolve(folder, target.text));
    return NOTHING;
  };
}

const evaluate: Builtin = (args, { frame, walk, source }) => {
  const line = joined(args, ' ');
  return runValue(line, frame, walk, source);
};

const source: Builtin = ([file], { frame, walk, source: evidence }) => {
  if (file === undefined) return NOTHING;
  const files = openFiles(frame, walk, evidence);
  const content = files.written(file);
  if (content !== null) return runValue(content, frame, walk, evidence);
  const stands = files.script(file);
  if (stands !== null) return runValue(stands, frame, walk, evidence);
  files.touch('read', file);
  // It may set every variable anew.
  for (const [name, variable] of frame.state.variables) frame.state.variables.set(name, { ...variable, may: [...variable.may.slice(0, 3), unknown(FROM.input)] });
  walk.report.effect('exec', file.text, evidence);
  walk.report.factor('runs-script', 'MEDIUM', 'It runs a script, whatever that may do.', evidence, 'irreversible');
  return unknown(FROM.input);
};

/** Sets variables that a builtin is given by name; a name that cannot be known may be any. */
function setNames(names: readonly Value[], value: (i: number) => Value, { frame, walk, source: evidence }: BuiltinCall): void {
  const scope = scopeOf(frame, walk);
  for (const [i, name] of names.entries()) {
    if (name.text.includes('[') || !isKnown(name)) checkSubscript(name, scope, evidence);
    const plain = /^[A-Za-z_]\w*/.exec(name.text)?.[0];
    if (plain !== undefined) frame.state.set(frame.state.references.get(plain) ?? plain, value(i));
  }
}

const read: Builtin = (args, call) => {
  const { frame } = call;
  const valued = /^-\w*[adinNptu]$/;
  const names: Value[] = [];
  let input = frame.stdin;
  for (let i = 0; i < args.length; i++) {
    const { text } = args[i] ?? NOTHING;
    if (text.startsWith('-') && names.length === 0) {
      const fd = /^-\w*u(\w*)$/.exec(text);
      if (fd !== null) input = frame.state.descriptors.get(fd[1] !== '' && fd[1] !== undefined ? fd[1] : (args[++i]?.text ?? '')) ?? input;
      else if (/^-\w*a$/.test(text)) names.push(args[++i] ?? NOTHING);
      else if (valued.test(text)) i++;
    } else if (args[i] !== undefined) names.push(args[i] ?? NOTHING);
  }
  const cut = args.some((arg) => /^-\w*[nN]/.test(arg.text));
  const line = input === null || !isKnown(input) || cut ? null : (input.text.split('\n')[0] ?? '').trim();
  const words = line?.split(/[ \t]+/) ?? [];
  const all = names.length === 0 ? [known('REPLY')] : names;
  const last = all.length - 1;
  setNames(all, (i) => (line === null ? unknown((input?.from ?? 0) | FROM.input) : known(i === last ? words.slice(i).join(' ') : (words[i] ?? ''), input?.from ?? 0)), call);
  return NOTHING;
};

const readLines: Builtin = (args, call) => {
  const { frame } = call;
  const fd = args.map((arg) => /^-\w*u(\w+)$/.exec(arg.text)?.[1]).find((some) => some !== undefined);
  const at = args.findIndex((arg) => /^-\w*u$/.test(arg.text));
  const number = fd ?? (at < 0 ? undefined : args[at + 1]?.text);
  const input = number === undefined ? frame.stdin : (frame.state.descriptors.get(number) ?? null);
  const name = args.at(-1);
  const plain = name === undefined || name.text.startsWith('-') || name === args[at + 1] ? 'MAPFILE' : name.text;
  const callback = args[args.findIndex((arg) => arg.text === '-C') + 1];
  if (callback !== args[0] && callback !== undefined) runValue(joined([callback, unknown(FROM.input)], ' '), frame, call.walk, call.source);
  const lines = input === null || !isKnown(input) ? null : input.text.replace(/\n$/, '').split('\n');
  frame.state.set(plain, lines === null ? unknown((input?.from ?? 0) | FROM.input) : new Map(lines.map((l, i) => [String(i), known(l)])));
  return NOTHING;
};

function declare(exports: boolean): Builtin {
  return (args, call) => {
    const { frame, walk, source: evidence } = call;
    const flags = args.filter((arg) => /^[-+]/.test(arg.text)).map((arg) => arg.text).join('');
    if (/-\w*n/.test(flags) && !exports) {
      for (const { text } of args) {
        const [name, to] = text.split('=');
        if (name !== undefined && to !== undefined) frame.state.references.set(name, to);
      }
      walk.report.factor('names-by-reference', 'MEDIUM', 'A name stands for another variable.', evidence, 'irreversible');
    }
    for (const arg of args) {
      if (/^[-+]/.test(arg.text)) continue;
      if (!isKnown(arg) && !arg.text.includes('=')) walk.report.factor('telling-variable', 'HIGH', 'Which variable it sets cannot be known before.', evidence);
      const [name = '', ...rest] = arg.text.split('=');
      if (/[[]/.test(name)) checkSubscript({ ...arg, text: name }, scopeOf(frame, walk), evidence);
      const functions = /-\w*f/.test(flags) ? frame.state.functions.get(name) : undefined;
      if (functions !== undefined && (exports || /-\w*x/.test(flags))) frame.state.functions.set(name, functions.map((fn) => fn && { ...fn, exported: true }));
      const plain = name.replace(/\+?$/, '').replace(/\[.*/s, '');
      const before = frame.state.variables.get(plain);
      const exported = exports ? !/-\w*n/.test(flags) : /-\w*x/.test(flags) ? true : undefined;
      if (/-\w*i/.test(flags) && rest.length > 0 && !/^\d+$/.test(rest.join('='))) scopeOf(frame, walk).evaluates(evidence);
      const value = rest.join('=');
      if (/-\w*[aA]/.test(flags) && value.startsWith('(')) walk.run.text(`${plain}=${value}`, frame.state, null, walk);
      else if (rest.length > 0 && before === undefined) frame.state.set(plain, { ...arg, text: value }, exported);
      else if (before !== undefined) frame.state.variables.set(plain, { ...before, exported: exported ?? before.exported });
      else if (exported === true) frame.state.set(plain, unknown(FROM.input), true);
    }
    // Without names it prints all variables, and what is in them may be a secret.
    return args.every((arg) => arg.text.startsWith('-')) ? unknown(FROM.environment) : NOTHING;
  };
}

const unset: Builtin = (args, call) => {
  const { frame, walk, source: evidence } = call;
  const functions = args.some((arg) => /^-\w*f/.test(arg.text));
  for (const name of optionsEnd(args)) {
    if (functions) frame.state.functions.delete(name.text);
    else {
      if (name.text.includes('[')) checkSubscript(name, scopeOf(frame, walk), evidence);
      frame.state.set(name.text.replace(/\[.*/s, ''), undefined);
    }
  }
  return NOTHING;
};

const command: Builtin = (args, call) => {
  const rest = optionsEnd(args);
  const flags = args.slice(0, args.length - rest.length).map((arg) => arg.text).join('');
  // `-pv` only tells where a command is; with further words after `--` it is judged all the same.
  if (/v/i.test(flags) && rest.length < 2) return unknown();
  return rest.length === 0 ? NOTHING : call.dispatch(rest);
};

const exec: Builtin = (args, call) => {
  const at = args.findIndex((arg) => arg.text === '-a');
  const rest = at < 0 ? optionsEnd(args) : args.slice(at + 2);
  return rest.length === 0 ? NOTHING : call.dispatch(rest);
};

/** A test evaluates the subscripts of what it takes for a variable or a number. */
const test: Builtin = (args, { frame, walk, source: evidence }) => {
  const scope = scopeOf(frame, walk);
  for (const [i, arg] of args.entries()) {
    const before = args[i - 1]?.text ?? '';
    if (/^-[vR]$/.test(before)) checkSubscript(arg, scope, evidence);
    if (/^-(eq|ne|lt|le|gt|ge)$/.test(before) && /\[.*[$`]/s.test(arg.text)) scope.evaluates(evidence);
  }
  const unknownWords = args.filter((arg) => arg.text === HOLE || arg.splits).length;
  if (unknownWords > 1 && args.some((arg, i) => arg.text === HOLE && i < args.length - 1 && args[i + 1]?.text === HOLE))
    walk.report.factor('unknown-operand', 'MEDIUM', 'What it tests cannot be known before.', evidence, 'irreversible');
  return NOTHING;
};

const printf: Builtin = (args, call) => {
  if (args[0]?.text !== '-v' || args[1] === undefined) return undefined;
  setNames([args[1]], () => formatted(args.slice(2)), call);
  return NOTHING;
};

const calculate: Builtin = (args, { frame, walk, source: evidence }) => {
  for (const arg of args) arithmetic(arg.text, scopeOf(frame, walk), evidence);
  return NOTHING;
};

const quiet: Builtin = () => NOTHING;

export const BUILTINS: ReadonlyMap<string, Builtin> = new Map<string, Builtin>([
  ['cd', changeFolder('cd')],
  ['pushd', changeFolder('pushd')],
  ['popd', changeFolder('popd')],
  ['eval', evaluate],
  ['source', source],
  ['.', source],
  ['read', read],
  ['mapfile', readLines],
  ['readarray', readLines],
  ['export', declare(true)],
  ['declare', declare(false)],
  ['typeset', declare(false)],
  ['local', declare(false)],
  ['readonly', declare(false)],
  ['unset', unset],
  ...SETTINGS,
  ['command', command],
  ['builtin', command],
  ['exec', exec],
  ['printf', printf],
  ['let', calculate],
  ['type', () => unknown(FROM.input)],
  ['test', test],
  ['[', test],
  ...['return', 'exit', 'break', 'continue', 'wait', 'fg', 'bg', 'disown', 'getopts', 'umask', 'ulimit', 'times', 'true', 'false', ':', 'unalias', 'logout', 'dirs'].map(
    (name): [string, Builtin] => [name, quiet],
  ),
]);

import { formatted } from '../programs/print.ts';
import { type Builtin, NOTHING, optionsEnd } from './builtin.ts';
import { changeFolder, printFolder } from './folders.ts';
import { setNames } from './naming.ts';
import { openFiles } from './files.ts';
import { read, readLines } from './reading.ts';
import { runValue } from './run-value.ts';
import { scopeOf } from './scope-of.ts';
import { SETTINGS } from './settings.ts';
import { FROM, HOLE, isKnown, joined, unknown } from './value.ts';
import { checkSubscript } from './arithmetic.ts';
import { arithmetic } from './words.ts';

const evaluate: Builtin = (args, { frame, walk, source }) => {
  const line = joined(args, ' ');
  return runValue(line, frame, walk, source);
};

const source: Builtin = ([file], { frame, walk, source: evidence }) => {
  if (file === undefined) return NOTHING;
  const files = openFiles(frame, walk, evidence);
  const content = files.written(file);
  if (content !== null) return runValue(content, frame, walk, evidence);
  const followed = files.follow(file, (text) => runValue(text, frame, walk, evidence), { lasting: true });
  if (followed !== null) return followed;
  files.touch('read', file);
  // It may set every variable anew.
  for (const [name, variable] of frame.state.variables)
    frame.state.variables.set(name, { ...variable, may: [...variable.may.slice(0, 3), unknown(FROM.input)] });
  walk.report.effect('exec', file.text, evidence);
  walk.report.factor(
    'runs-script',
    'MEDIUM',
    'It runs a script, whatever that may do.',
    evidence,
    'irreversible',
  );
  return unknown(FROM.input);
};

function declare(exports: boolean): Builtin {
  return (args, call) => {
    const { frame, walk, source: evidence } = call;
    const flags = args
      .filter((arg) => /^[-+]/.test(arg.text))
      .map((arg) => arg.text)
      .join('');
    if (/-\w*n/.test(flags) && !exports) {
      for (const { text } of args) {
        const [name = '', ...to] = text.split('=');
        if (to.length > 0) frame.state.references.set(name, to.join('='));
      }
      walk.report.factor(
        'names-by-reference',
        'MEDIUM',
        'A name stands for another variable.',
        evidence,
        'irreversible',
      );
      return NOTHING;
    }
    for (const arg of args) {
      if (/^[-+]/.test(arg.text)) continue;
      if (!isKnown(arg) && !arg.text.includes('='))
        walk.report.factor(
          'telling-variable',
          'HIGH',
          'Which variable it sets cannot be known before.',
          evidence,
        );
      const [name = '', ...rest] = arg.text.split('=');
      if (/[[]/.test(name)) checkSubscript({ ...arg, text: name }, scopeOf(frame, walk), evidence);
      const functions = /-\w*f/.test(flags) ? frame.state.functions.get(name) : undefined;
      if (functions !== undefined && (exports || /-\w*x/.test(flags)))
        frame.state.functions.set(
          name,
          functions.map((fn) => fn && { ...fn, exported: true }),
        );
      const plain = name.replace(/\+?$/, '').replace(/\[.*/s, '');
      const before = frame.state.variables.get(plain);
      const exported = exports ? !/-\w*n/.test(flags) : /-\w*x/.test(flags) ? true : undefined;
      if (/-\w*i/.test(flags) && rest.length > 0 && !/^\d+$/.test(rest.join('=')))
        scopeOf(frame, walk).evaluates(evidence);
      const value = rest.join('=');
      if (/-\w*[aA]/.test(flags) && value.startsWith('('))
        walk.run.text(`${plain}=${value}`, frame.state, null, walk);
      else if (rest.length > 0 && before === undefined)
        frame.state.set(plain, { ...arg, text: value }, exported);
      else if (before !== undefined)
        frame.state.variables.set(plain, { ...before, exported: exported ?? before.exported });
      else if (exported === true) frame.state.set(plain, unknown(FROM.input), true);
      else if (/-\w*A/.test(flags)) frame.state.set(plain, new Map());
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
  const flags = args
    .slice(0, args.length - rest.length)
    .map((arg) => arg.text)
    .join('');
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
  if (
    unknownWords > 1 &&
    args.some((arg, i) => arg.text === HOLE && i < args.length - 1 && args[i + 1]?.text === HOLE)
  )
    walk.report.factor(
      'unknown-operand',
      'MEDIUM',
      'What it tests cannot be known before.',
      evidence,
      'irreversible',
    );
  return NOTHING;
};

const printf: Builtin = (args, call) => {
  if (args[0]?.text !== '-v' || args[1] === undefined) return undefined;
  setNames([args[1]], () => [formatted(args.slice(2))], call);
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
  ['pwd', printFolder],
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
  ...[
    'return',
    'exit',
    'break',
    'continue',
    'wait',
    'fg',
    'bg',
    'disown',
    'getopts',
    'umask',
    'ulimit',
    'times',
    'true',
    'false',
    ':',
    'unalias',
    'logout',
    'dirs',
  ].map((name): [string, Builtin] => [name, quiet]),
]);

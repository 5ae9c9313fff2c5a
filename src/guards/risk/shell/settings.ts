import { type Builtin, NOTHING, optionsEnd } from './builtin.ts';
import { runValue } from './run-value.ts';
import { FROM, type Value, unknown } from './value.ts';

const operandsOf = (args: readonly Value[]): readonly Value[] => {
  const at = args.findIndex((arg) => !/^[-+]/.test(arg.text));
  return at < 0 ? [] : args.slice(at);
};

const set: Builtin = (args, { frame, walk, source: evidence }) => {
  if (args.length === 0) return unknown(FROM.environment);
  const at = args.findIndex((arg) => arg.text === '--');
  const rest = at >= 0 ? args.slice(at + 1) : operandsOf(args);
  const flags = (at >= 0 ? args.slice(0, at) : args.filter((arg) => /^[-+]/.test(arg.text))).map(
    (arg) => arg.text,
  );
  if (flags.some((flag) => /^-\w*k/.test(flag)) || args.some((arg) => arg.text === 'keyword'))
    walk.report.factor(
      'shell-option',
      'MEDIUM',
      'It changes what words later in the line mean.',
      evidence,
      'irreversible',
    );
  const isOption = args.some((arg, i) => /^[-+]\w*o$/.test(args[i - 1]?.text ?? '') && arg === rest[0]);
  if (at >= 0 || (rest.length > 0 && !isOption)) frame.state.positional = rest;
  return NOTHING;
};

const shift: Builtin = ([count], { frame: { state } }) => {
  const by = Number(count?.text ?? 1);
  state.positional = state.positional === null || !Number.isInteger(by) ? null : state.positional.slice(by);
  return NOTHING;
};

const alias: Builtin = (args, { frame: { state } }) => {
  for (const arg of args) {
    const at = arg.text.indexOf('=');
    if (at > 0) state.aliases.set(arg.text.slice(0, at), { ...arg, text: arg.text.slice(at + 1) });
  }
  return NOTHING;
};

const shopt: Builtin = (args, { frame: { state }, walk, source: evidence }) => {
  const names = optionsEnd(args).map((arg) => arg.text);
  if (names.includes('expand_aliases')) state.expandsAliases = args.some((arg) => arg.text === '-s');
  const telling = names.some(
    (name) =>
      !/^(expand_aliases|nullglob|failglob|inherit_errexit|lastpipe|globstar|extglob|pipefail|huponexit|checkwinsize|histappend)$/.test(
        name,
      ),
  );
  if (telling)
    walk.report.factor(
      'shell-option',
      'MEDIUM',
      'It changes what words later in the line mean.',
      evidence,
      'irreversible',
    );
  return NOTHING;
};

const trap: Builtin = (args, { frame, walk, source: evidence }) => {
  const [action, ...signals] = optionsEnd(args);
  if (action !== undefined && signals.length > 0 && action.text !== '-' && action.text !== '')
    runValue(action, { ...frame, state: frame.state.copy() }, walk, evidence);
  return NOTHING;
};

const hash: Builtin = (args, { frame: { state } }) => {
  const at = args.findIndex((arg) => /^-\w*p$/.test(arg.text));
  const [program, ...names] = at < 0 ? [] : args.slice(at + 1);
  if (program !== undefined) for (const name of names) state.hashed.set(name.text, program);
  return NOTHING;
};

const enable: Builtin = (args, { walk, source: evidence }) => {
  if (args.some((arg) => /^-\w*f/.test(arg.text)))
    walk.report.factor('loads-code', 'HIGH', 'It loads code into the shell.', evidence);
  return NOTHING;
};

/** `jobs -x command`. */
const jobs: Builtin = (args, call) =>
  args[0]?.text === '-x' && args.length > 1 ? call.dispatch(args.slice(1)) : NOTHING;

/** `bind -x '"keys": line'`. */
const bind: Builtin = (args, { frame, walk, source: evidence }) => {
  const at = args.findIndex((arg) => arg.text === '-x');
  const line = at < 0 ? undefined : args[at + 1];
  if (line !== undefined)
    runValue(
      { ...line, text: line.text.replace(/^[^:]*:/, '') },
      { ...frame, state: frame.state.copy() },
      walk,
      evidence,
    );
  return NOTHING;
};

/** Builtins that decide what the shell does with the rest of the line. */
export const SETTINGS: readonly (readonly [string, Builtin])[] = [
  ['set', set],
  ['shift', shift],
  ['alias', alias],
  ['shopt', shopt],
  ['trap', trap],
  ['hash', hash],
  ['enable', enable],
  ['jobs', jobs],
  ['bind', bind],
];

import type {
  ArithmeticCommandExpansion,
  CommandExpansionPart,
  ParsedScript,
  ProcessSubstitutionPart,
} from 'unbash';
import type { Stream } from '../programs/engine.ts';
import type { Held, Scope } from './scope.ts';
import { FROM, type Value, known, unknown } from './value.ts';
import { type Frame, UNSET, type Walk } from './walk.ts';

/** The shell as the evaluation of words sees it. */
export function scopeOf(frame: Frame, walk: Walk): Scope {
  const { state } = frame;
  const nested = (part: { script: ParsedScript | undefined; text: string }, stdin: Stream | null): Stream => {
    const { script } = part;
    if (script === undefined || (script.errors?.length ?? 0) > 0)
      walk.problem ??= 'a substitution cannot be parsed';
    // What of it can be read still counts.
    if (script === undefined) return unknown(FROM.input);
    return walk.run.nested(
      script,
      script.source === undefined ? frame : { ...frame, source: script.source },
      stdin,
      walk,
    );
  };
  /** Whether what the line has not set is taken to be unset this time. */
  const lacks = (): boolean => {
    frame.open.add(UNSET);
    return frame.choice.get(UNSET) === 1;
  };
  const isUnset = (name: string): boolean =>
    !state.variables.has(name) &&
    !ALWAYS_SET.test(name) &&
    fromOutside(name, frame, walk)?.outside === true &&
    lacks();
  return {
    isUnset,
    get(called) {
      const name = state.named(called);
      const variable = state.variables.get(name);
      if (variable === undefined)
        return !ENVIRONMENT.test(name) && isUnset(name) ? undefined : fromOutside(name, frame, walk);
      if (variable.may.length > 1) frame.open.add(name);
      const held = variable.may[frame.choice.get(name) ?? 0];
      walk.effort.spend(held === undefined ? 1 : 'text' in held ? held.text.length / 20 : 5 * held.size);
      return held;
    },
    set: (name: string, held: Held) => state.set(state.named(name), held),
    // No accessor: each would be given a hidden class of its own, which outlives many assessments.
    positional: () => state.positional ?? (lacks() ? [] : null),
    zero: state.zero,
    home: (user) => homeOf(user, frame, walk),
    cwd: state.folders[0] ?? null,
    output: (part: CommandExpansionPart | ArithmeticCommandExpansion) => nested(part, frame.stdin),
    process(part: ProcessSubstitutionPart): Value {
      const path = `/dev/fd/p${walk.written.size}`;
      const printed = nested(part, part.operator === '<' ? null : unknown(FROM.input));
      walk.written.set(path, printed);
      return known(path);
    },
    evaluates(source, level = 'HIGH') {
      walk.report.factor(
        'evaluates-text',
        level,
        'It has a text evaluated as code, which cannot be known before.',
        source,
      );
    },
  };
}

/** A variable that the line has not set: the few that are known, and a hole for the others. */
function fromOutside(name: string, { state }: Frame, walk: Walk): Value | undefined {
  if (name === 'HOME') return state.elsewhere ? unknown() : known(walk.ctx.home);
  if (name === 'TMPDIR') return known('/tmp');
  if (name === 'PWD')
    return state.folders.length === 1 && state.folders[0] !== undefined ? known(state.folders[0]) : unknown();
  if (name === 'IFS') return known(' \t\n');
  return { ...unknown(FROM.input), outside: true };
}

/** By convention the environment's names are in capitals, and those of a shell's own are not. */
const ENVIRONMENT = /^[A-Z_][A-Z\d_]*$/;

/** Variables that each shell has a value for. */
const ALWAYS_SET =
  /^(?:PATH|USER|LOGNAME|SHELL|TERM|LANG|OLDPWD|BASH\w*|(?:S)?RANDOM|SECONDS|EPOCH\w+|LINENO|E?UID|PPID|GROUPS|SHLVL|HOSTNAME|HOSTTYPE|MACHTYPE|OSTYPE|OPTIND|PIPESTATUS|FUNCNAME|COLUMNS|LINES)$/;

function homeOf(user: string | null, { state }: Frame, walk: Walk): string | null {
  if (user !== null) return user === 'root' ? '/root' : `/home/${user}`;
  const variable = state.variables.get('HOME');
  if (variable === undefined) return state.elsewhere ? null : walk.ctx.home;
  const [held] = variable.may;
  return variable.may.length === 1 && held !== undefined && 'text' in held ? held.text : null;
}

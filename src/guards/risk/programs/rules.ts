import type { ProgramRule } from '../../../registry/commands.ts';
import { ON_PATHS } from '../../../registry/on-paths.ts';
import { HOLE, type Value, joined } from '../shell/value.ts';
import type { Engine, Invocation } from './engine.ts';

/** Lets the rules of a program speak about one call of it. */
export function applyRules(call: Invocation, engine: Engine): void {
  const { program, parsed } = call;
  if (isHarmless(call)) return;
  const spoken = program.rules.flatMap((rule) => {
    const operands = fits(rule, call);
    return operands === null ? [] : [{ rule, operands }];
  });
  const named = new Set<Value>();
  for (const { rule, operands } of spoken) speak(rule, operands, call, engine, named);
  const knowsSub = program.rules.some((rule) => rule.sub !== undefined);
  if (knowsSub && program.verbs === undefined && !spoken.some(({ rule }) => rule.sub !== undefined))
    engine.remark(`${program.id}-other`, program.otherwise, program.reason, 'irreversible');
  if (program.operands !== 'text')
    for (const operand of parsed.operands)
      if (!named.has(operand) && !(program.operands === 'words' && /\s/.test(operand.text)))
        engine.found({ kind: 'read', path: operand });
  if (parsed.open.length > 0 && (program.operands === 'paths' || program.rules.length > 0))
    engine.remark(
      'unknown-operand',
      'MEDIUM',
      'Which options or files it is given cannot be known before.',
      'irreversible',
    );
}

/** Whether an option has it only tell something. */
export function isHarmless({ program, parsed }: Invocation): boolean {
  const { options } = parsed;
  // `python -c code --version`: what comes after the code is the code's own.
  if (program.handler === 'interpreter' && program.options.stop && options.has('-c')) return false;
  const undone = (name: string): boolean =>
    name.startsWith('--') && options.has(name.replace(/^--/, '--no-'));
  if (
    program.harmless.some(
      (name) =>
        !undone(name) &&
        options.get(name)?.every((value) => value === null || !NOT_SO.test(value.text)) === true,
    )
  )
    return true;
  // `cargo yank --version 1.0.0` tells nothing: there the option takes a value.
  return ['--help', '--version'].some((name) => options.get(name)?.includes(null) === true);
}

/** `--dry-run=none` runs for real. */
const NOT_SO = /^(none|false|no|never|off|0|)$/i;

/** The operands that a rule speaks of (those after its `sub`), or null where it has nothing to say. */
function fits(rule: ProgramRule, { parsed, args }: Invocation): readonly Value[] | null {
  const { options } = parsed;
  if (rule.has !== undefined && !rule.has.some((name) => options.has(name))) return null;
  if (rule.lacks?.some((name) => options.has(name)) === true) return null;
  let { operands } = parsed;
  if (rule.sub !== undefined) {
    const taken = longestSub(rule.sub, operands);
    if (taken === null) return null;
    operands = operands.slice(taken);
  }
  if (rule.min !== undefined && operands.length < rule.min) return null;
  if (rule.max !== undefined && operands.length > rule.max) return null;
  if (rule.arg !== undefined) {
    const pattern = regExp(rule.arg);
    const values = [...options.values()].flat();
    if (![...parsed.operands, ...values].some((value) => value !== null && pattern.test(value.text)))
      return null;
  }
  if (rule.args !== undefined && !regExp(rule.args).test(args.map((a) => a.text).join(' '))) return null;
  return operands;
}

/** Verbs after which comes the name of what is made or shown, whatever it is called. */
const NAMES_NEXT = /^(create|new|get|show|describe)$/;

function longestSub(subs: readonly string[], operands: readonly Value[]): number | null {
  let longest: number | null = null;
  const first = operands[0]?.text ?? '';
  for (const sub of subs) {
    if (!mayBegin(sub, first)) continue;
    const patterns = subPatterns(sub);
    const words = sub.split(' ');
    const taken = patterns.every(
      (pattern, i) =>
        pattern.test(operands[i]?.text ?? '') &&
        !(words[i] === '*' && i < words.length - 1 && NAMES_NEXT.test(operands[i]?.text ?? '')),
    );
    if (taken && patterns.length > (longest ?? -1)) longest = patterns.length;
  }
  return longest;
}

function speak(
  rule: ProgramRule,
  operands: readonly Value[],
  call: Invocation,
  engine: Engine,
  named: Set<Value>,
): void {
  const reason = rule.reason ?? call.program.reason;
  const selected = rule.on === undefined ? null : rule.on.flatMap((on) => select(on, operands, call));
  for (const value of selected ?? []) named.add(value);
  if (rule.runs !== undefined) return run(rule, selected ?? [], call, engine);
  if (rule.effect === undefined) {
    for (const operand of operands) named.add(operand);
    return engine.remark(call.program.id, rule.level ?? 'MEDIUM', reason, rule.reversibility);
  }
  const found = {
    kind: rule.effect,
    rule: `${call.program.id}-${rule.effect.replaceAll('_', '-')}`,
    recursive: rule.recursive,
    reason,
    ...(rule.level === undefined ? {} : { level: rule.level }),
    ...(rule.reversibility === undefined ? {} : { reversibility: rule.reversibility }),
    ...(rule.instead === undefined ? {} : { instead: rule.instead }),
  };
  // Where operands are mere text, one with a blank in it is no path.
  const isText = (path: Value): boolean =>
    rule.effect === 'read' && call.program.operands === 'text' && /\s/.test(path.text);
  if (ON_PATHS.has(rule.effect)) {
    for (const path of selected ?? []) if (!isText(path)) engine.found({ ...found, path });
  } else {
    if (rule.sub !== undefined) for (const operand of operands) named.add(operand);
    engine.found({ ...found, resource: (selected ?? operands).map((v) => v.text).join(' ') });
  }
}

function run(rule: ProgramRule, selected: readonly Value[], { stdin }: Invocation, engine: Engine): void {
  if (selected.length === 0 || rule.runs === undefined) return;
  const options = { elsewhere: rule.elsewhere, stdin };
  if (rule.runs === 'command') engine.command(selected, options);
  else {
    engine.code(rule.runs, joined(selected, ' '), options);
    // Words with blanks in them were meant to stay whole, whatever becomes of them.
    if (rule.runs === 'shell' && selected.length > 1 && selected.some((word) => /\s/.test(word.text)))
      engine.command(selected, options);
  }
}

/** The words of a command that a selector names. */
function select(on: string, operands: readonly Value[], call: Invocation): readonly Value[] {
  switch (on) {
    case 'operands':
      return operands;
    case 'args':
      return call.args;
    case 'first':
      return operands.slice(0, 1);
    case 'last':
      return operands.slice(-1);
    case 'rest':
      return operands.slice(1);
    case 'init':
      return operands.slice(0, -1);
    case 'stdin':
      return call.stdin === null ? [] : [call.stdin];
    case 'cwd':
      return [{ text: '.', glob: false, splits: false, from: 0 }];
    default:
  }
  const counted = /^(from|nth) (\d+)$/.exec(on);
  if (counted !== null) {
    const at = Number(counted[2]) - 1;
    return counted[1] === 'from' ? operands.slice(at) : operands.slice(at, at + 1);
  }
  return (call.parsed.options.get(on) ?? []).filter((value) => value !== null);
}

const compiled = new Map<string, RegExp>();

function regExp(source: string): RegExp {
  let pattern = compiled.get(source);
  if (pattern === undefined) compiled.set(source, (pattern = new RegExp(source, 's')));
  return pattern;
}

const subs = new Map<string, readonly RegExp[]>();

/** Told without a pattern, since most subcommands are others. */
function mayBegin(sub: string, first: string): boolean {
  const star = sub.indexOf('*');
  const end = sub.indexOf(' ');
  const word = end < 0 ? sub.length : end;
  if (star >= 0 && star < word) return true;
  return first.includes(HOLE) || (first.length === word && sub.startsWith(first));
}

/** A pattern for each word; a hole may be any word. */
function subPatterns(sub: string): readonly RegExp[] {
  let patterns = subs.get(sub);
  if (patterns === undefined) {
    const word = (text: string): string =>
      text.replaceAll(/[\\^$+?.()|[\]{}]/g, '\\$&').replaceAll('*', '.*');
    patterns = sub.split(' ').map((text) => new RegExp(`^(?:${word(text)}|.*${HOLE}.*)$`, 's'));
    subs.set(sub, patterns);
  }
  return patterns;
}

/** Whether a rule names the subcommand of this call. */
export const namesSub = (call: Invocation): boolean =>
  call.program.rules.some((rule) => rule.sub !== undefined && fits(rule, call) !== null);

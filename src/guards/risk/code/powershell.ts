import type { CallEntry } from '../../../registry/call-entry.ts';
import type { CodeScan } from './finding.ts';
import { hide } from './machine.ts';
import {
  block,
  expression,
  isMark,
  itemsOf,
  joined,
  operand,
  peek,
  pipelineWithin,
  type Shell,
} from './powershell-values.ts';
import { powershellWords } from './powershell-words.ts';
import { add, report } from './report.ts';
import type { CallTable } from './table.ts';
import { list, named, text, textOf, UNKNOWN, type Value } from './value.ts';

const SWITCHES = new Set(
  'recurse force whatif confirm verbose append nonewline usebasicparsing wait nonewwindow passthru asbytestream directory file hidden noclobber skipcertificatecheck asjob asplaintext'.split(
    ' ',
  ),
);
const OPTIONS = [
  ...SWITCHES,
  ...'path literalpath uri outfile method body infile argumentlist filepath name id value scriptblock command destination itemtype filter include exclude inputobject expression newname encoding headers computername typename processname'.split(
    ' ',
  ),
];
/** How the same is said elsewhere. */
const UNIX: ReadonlyMap<string, string> = new Map([
  ['rf', 'recurse'],
  ['fr', 'recurse'],
]);
const KEYWORDS =
  /^(?:if|else|elseif|foreach|for|while|do|until|switch|function|param|return|try|catch|finally|throw|begin|process|end|in|break|continue|exit|using|filter|class|trap|default)$/i;

/** What PowerShell code does. */
export function scanPowershell(code: string, table: CallTable): CodeScan {
  const words = powershellWords(code);
  if (words === null) return { findings: [], hidden: 'a string that is not closed' };
  const shell: Shell = {
    code,
    words,
    table,
    variables: new Map(),
    pipeline,
    at: 0,
    depth: 0,
    findings: [],
    hidden: null,
  };
  while (shell.at < words.length) pipeline(shell);
  return { findings: shell.findings, hidden: shell.hidden };
}

/** Takes the commands up to the end of the statement; what one gives goes to the next. */
function pipeline(shell: Shell): Value {
  let value: Value = UNKNOWN;
  const start = shell.at;
  for (let word = peek(shell); word !== undefined; word = peek(shell)) {
    if (word.kind === 'end' || isMark(word, ')') || isMark(word, '}')) break;
    if (isMark(word, '|') || isMark(word, '||') || isMark(word, '&&')) {
      shell.at++;
      continue;
    }
    const from = shell.at;
    value = element(shell, from === start ? null : value);
    if (shell.at === from) shell.at++;
  }
  const stop = peek(shell);
  if (stop?.kind === 'end' || (shell.depth === 0 && stop !== undefined)) shell.at++;
  return value;
}

/** One command or expression of a pipeline. */
function element(shell: Shell, input: Value | null): Value {
  const word = peek(shell);
  if (word === undefined) return UNKNOWN;
  if (word.kind === 'variable' && (isMark(peek(shell, 1), '=') || isMark(peek(shell, 1), '+='))) {
    shell.at += 2;
    const value = pipelineWithin(shell);
    shell.variables.set(word.text, shell.variables.has(word.text) ? UNKNOWN : value);
    return value;
  }
  if (word.kind === 'bare' && KEYWORDS.test(word.text)) {
    shell.at++;
    return UNKNOWN;
  }
  if (isMark(word, '&') || isMark(word, '.')) {
    shell.at++;
    return command(shell, textOf(operand(shell)), shell.at - 2, input);
  }
  if (word.kind === 'bare' && /^[A-Za-z_.~/\\]/.test(word.text)) {
    shell.at++;
    return command(shell, word.text, shell.at - 1, input);
  }
  return expression(shell);
}

/** A command with its arguments, as far as the next bar. */
function command(shell: Shell, name: string | null, from: number, input: Value | null): Value {
  const args: Value[] = [];
  const options = new Map<string, Value>();
  for (let word = peek(shell); word !== undefined; word = peek(shell)) {
    if (word.kind === 'end' || (word.kind === 'mark' && /^(?:\||\|\||&&|\)|\})$/.test(word.text))) break;
    const at = shell.at;
    if (isMark(word, ',')) shell.at++;
    else if (word.kind === 'mark' && /^[.*/%+]$/.test(word.text)) {
      shell.at++;
      args.push(text(word.text));
    } else if (word.kind === 'bare' && /^-[A-Za-z]/.test(word.text)) option(shell, word.text, options);
    else if (isMark(word, '{')) block(shell);
    else args.push(...itemsOf(expression(shell)));
    if (shell.at === at) shell.at++;
  }
  const evidence = shell.code.slice(shell.words[from]?.start ?? 0, shell.words[shell.at - 1]?.end ?? 0);
  if (name === null) {
    hide(shell, 'runs a command whose name it computes');
    return UNKNOWN;
  }
  const given =
    args.length === 0 && input !== null && !options.has('path') && !options.has('literalpath')
      ? itemsOf(input)
      : args;
  const callee = name
    .toLowerCase()
    .replace(/^.*[\\/]/, '')
    .replace(/\.exe$/, '');
  return called(shell, callee, [...given, { kind: 'record', entries: options }], evidence);
}

/** `-Path x`, `-Recurse`, `-Name:x`, `-r`. */
function option(shell: Shell, written: string, options: Map<string, Value>): void {
  const [name = '', glued] = written.slice(1).toLowerCase().split(':', 2);
  shell.at++;
  const whole =
    OPTIONS.find((one) => one === name) ??
    OPTIONS.find((one) => one.startsWith(name)) ??
    UNIX.get(name) ??
    name;
  const next = peek(shell);
  const ends =
    next === undefined || next.kind === 'end' || (next.kind === 'mark' && /^[|)}]/.test(next.text));
  if (glued !== undefined && glued !== '') options.set(whole, text(glued));
  else if (SWITCHES.has(whole) || ends || (next.kind === 'bare' && /^-[A-Za-z]/.test(next.text)))
    options.set(whole, named('$true'));
  else if (isMark(next, '{')) block(shell);
  else options.set(whole, expression(shell));
}

const LISTS =
  /^(?:get-childitem|gci|ls|dir|get-item|gi|resolve-path|rvpa|get-content|write-output|echo|write|join-path|select-object|select|where-object|where|\?|sort-object|sort|convert-path)$/;

function called(shell: Shell, name: string, args: readonly Value[], evidence: string): Value {
  const options = args.at(-1);
  const set = options?.kind === 'record' ? options.entries : new Map<string, Value>();
  if (set.has('whatif')) return UNKNOWN;
  const entries: readonly CallEntry[] = shell.table.functions.get(name) ?? [];
  for (const entry of entries) report(shell, entry, named(name), args, evidence);
  const positional = args.slice(0, -1);
  const path = set.get('path') ?? set.get('literalpath');
  if (name === 'join-path')
    return joined([path ?? positional[0] ?? UNKNOWN, positional.at(-1) ?? UNKNOWN], '/');
  if (name === 'new-object')
    return named(textOf(set.get('typename') ?? positional[0])?.toLowerCase() ?? 'object');
  if (LISTS.test(name)) return list(path === undefined ? positional : [path]);
  if (
    entries.length === 0 &&
    !/^[a-z]+-[a-z]+$|^[%?]$|^(?:foreach|where|cd|sl|select|sort|echo|write|measure|group|ft|fl|clear|cls|pwd|gl|ps|gps|gsv)$/.test(
      name,
    )
  ) {
    const words = [name, ...positional.map(textOf)];
    add(shell, { kind: 'command', texts: words, recursive: false, evidence });
  }
  return UNKNOWN;
}

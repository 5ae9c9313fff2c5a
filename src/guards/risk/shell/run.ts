import type {
  AndOr,
  ArithmeticFor,
  Case,
  CompoundList,
  For,
  If,
  ParsedScript,
  Pipeline,
  Select,
  Statement,
  SyntaxNode,
  While,
} from 'unbash';
import { forEachChild } from 'unbash';
import type { Stream } from '../programs/engine.ts';
import { isEndless, startsJobs } from './endless.ts';
import { globbed } from './globbed.ts';
import { parseShell } from './parse.ts';
import { redirected } from './redirects.ts';
import { scopeOf } from './scope-of.ts';
import { runSimple } from './simple.ts';
import { ShellState } from './state.ts';
import { FROM, HOLE, type Value, joined, known, unknown } from './value.ts';
import { type Frame, MOST_DEPTH, MOST_TEXT, type Walk, frameOf } from './walk.ts';
import { arithmetic, fields, single } from './words.ts';

const NOTHING = known('');

/** Runs a shell text in a shell, as far as a text can be run by looking at it; returns what it prints. */
export function runText(text: string, state: ShellState, stdin: Stream | null, walk: Walk): Stream {
  if (walk.depth >= MOST_DEPTH) {
    walk.problem ??= `nested deeper than ${MOST_DEPTH}`;
    return unknown();
  }
  walk.effort.spend(text.length / 10);
  const parsed = parseShell(text);
  if ('problem' in parsed) walk.problem ??= parsed.problem;
  // What can be read of a broken line still counts: it shall not weigh less for being broken.
  const script = 'script' in parsed ? parsed.script : parsed.partial;
  if (script === undefined) return unknown(FROM.input);
  walk.depth++;
  const printed = runScript(script, frameOf(state, text, stdin), walk);
  walk.depth--;
  return printed;
}

function runScript(script: ParsedScript, frame: Frame, walk: Walk): Stream {
  return statements(script.commands, frame, walk);
}

export function runNested(script: ParsedScript, frame: Frame, stdin: Stream | null, walk: Walk): Stream {
  walk.effort.spend(10 + frame.source.length / 50);
  return runScript(script, { ...frame, state: frame.state.copy(), stdin }, walk);
}

function statements(list: readonly Statement[], frame: Frame, walk: Walk): Stream {
  let printed: Stream = NOTHING;
  for (const statement of list) {
    const beside = statement.background === true;
    // `exec < file` has all that comes after read from there.
    const stdin = frame.stdin ?? frame.state.descriptors.get('0') ?? null;
    const inner = { ...frame, stdin, state: beside ? frame.state.copy() : frame.state };
    if (beside) walk.beside++;
    printed = after(printed, runNode(statement.command, inner, walk));
    if (beside) walk.beside--;
    inner.state.settle();
  }
  return printed;
}

/** What two commands print, one after the other. */
function after(a: Stream, b: Stream): Stream {
  if (a.text === '' && a.from === 0) return b;
  if (b.text === '' && b.from === 0) return a;
  const both = joined([a, b]);
  return both.text.length > MOST_TEXT ? unknown(both.from) : both;
}

/** Runs one node of the syntax tree and returns what it prints. */
export function runNode(node: SyntaxNode, frame: Frame, walk: Walk): Stream {
  // What branches and subshells copy grows with what the line has set.
  walk.effort.spend(10 + frame.state.variables.size / 2);
  switch (node.type) {
    case 'Command':
      return runSimple(node, frame, walk);
    case 'Pipeline':
      return pipeline(node, frame, walk);
    case 'AndOr':
      return andOr(node, frame, walk);
    case 'If':
      return branch(node, frame, walk);
    case 'While':
    case 'For':
    case 'Select':
    case 'ArithmeticFor':
      return loop(node, frame, walk);
    case 'Case':
      return cases(node, frame, walk);
    case 'Subshell':
      return statements(node.body.commands, { ...frame, state: frame.state.copy() }, walk);
    case 'BraceGroup':
      return statements(node.body.commands, frame, walk);
    case 'CompoundList':
      return statements(node.commands, frame, walk);
    case 'Function':
      frame.state.functions.set(node.name.value, [{ node, source: frame.source }]);
      return NOTHING;
    case 'Redirected':
      return redirected(node.redirects, frame, walk, (inner) => runNode(node.command, inner, walk));
    case 'Coproc':
      return coprocess(node, frame, walk);
    default:
      look(node, frame, walk);
      return NOTHING;
  }
}

/** Words and arithmetic of a test: evaluated for what is run in them. */
function look(node: SyntaxNode, frame: Frame, walk: Walk): void {
  const scope = scopeOf(frame, walk);
  if (node.type === 'ArithmeticCommand') return void arithmetic(node.body, scope, node.body);
  if (node.type === 'TestUnary') {
    const operand = single(node.operand, scope);
    if (/^-[vR]$/.test(node.operator) && (operand.text.includes(HOLE) || /\[.*[$`]/s.test(operand.text)))
      scope.evaluates(node.operand.text);
    return;
  }
  if (node.type === 'TestBinary') {
    for (const word of [node.left, node.right]) {
      const value = single(word, scope);
      const number = /^-(eq|ne|lt|le|gt|ge)$/.test(node.operator);
      if (number) checkNumber(value, word.text, scope.evaluates.bind(scope));
    }
    return;
  }
  if (node.type === 'Word') return void single(node, scope);
  forEachChild(node, (child) => look(child, frame, walk));
}

/** A text that bash takes for a number: names in it are evaluated in turn, and so is what hides in a subscript. */
function checkNumber({ text }: Value, source: string, evaluates: (source: string) => void): void {
  if (text.includes(HOLE) || /[A-Za-z_]\w*\[|[$`]/.test(text)) evaluates(source);
}

function pipeline(node: Pipeline, frame: Frame, walk: Walk): Stream {
  if (node.commands.length === 1 && node.commands[0] !== undefined)
    return runNode(node.commands[0], frame, walk);
  let stream = frame.stdin;
  walk.beside++;
  for (const command of node.commands) {
    const inner = { ...frame, state: frame.state.copy(), stdin: stream };
    stream = runNode(command, inner, walk);
  }
  walk.beside--;
  return stream ?? NOTHING;
}

function andOr(node: AndOr, frame: Frame, walk: Walk): Stream {
  const { state } = frame;
  let printed: Stream = NOTHING;
  for (const [i, command] of node.commands.entries()) {
    const operator = node.operators[i - 1];
    if (operator === undefined) {
      printed = runNode(command, frame, walk);
      continue;
    }
    const skipped = state.copy();
    if (operator === '&&') state.succeeded();
    else state.failed();
    printed = after(printed, runNode(command, frame, walk));
    if (operator === '&&') skipped.failed();
    else skipped.succeeded();
    // `cd x && make` goes on from x only where cd did not fail; what follows the whole may come from either.
    if (i === node.commands.length - 1 && !endsHere(command)) state.join(skipped);
    else if (endsHere(command)) adopt(state, skipped);
    else joinVariables(state, skipped);
  }
  return printed;
}

/** `cd x || exit`: what comes after was not left by this way. */
function endsHere(node: SyntaxNode): boolean {
  if (node.type === 'BraceGroup') {
    const last = node.body.commands.at(-1);
    return last !== undefined && endsHere(last.command);
  }
  return node.type === 'Command' && /^(exit|return|break|continue)$/.test(node.name?.value ?? '');
}

function adopt(state: ShellState, other: ShellState): void {
  state.folders = other.folders;
  state.ifFailed = other.ifFailed;
}

function joinVariables(state: ShellState, skipped: ShellState): void {
  const { folders, ifFailed } = state;
  state.join(skipped);
  state.folders = folders;
  state.ifFailed = ifFailed;
}

function branch(node: If, frame: Frame, walk: Walk): Stream {
  let printed = statements(node.clause.commands, frame, walk);
  const before = frame.state.copy();
  printed = after(printed, statements(node.then.commands, frame, walk));
  for (const elif of node.elif) {
    printed = after(printed, statements(elif.clause.commands, { ...frame, state: before }, walk));
    const other = before.copy();
    printed = after(printed, statements(elif.then.commands, { ...frame, state: other }, walk));
    frame.state.join(other);
  }
  if (node.else !== undefined)
    printed = after(printed, statements(node.else.commands, { ...frame, state: before }, walk));
  frame.state.join(before);
  return printed;
}

function cases(node: Case, frame: Frame, walk: Walk): Stream {
  const scope = scopeOf(frame, walk);
  single(node.word, scope);
  const before = frame.state.copy();
  let printed: Stream = NOTHING;
  for (const item of node.items) {
    for (const pattern of item.pattern) single(pattern, scope);
    const state = before.copy();
    printed = after(printed, statements(item.body.commands, { ...frame, state }, walk));
    frame.state.join(state);
  }
  return printed;
}

/** So many rounds of a loop over known words are followed one by one. */
const MOST_ROUNDS = 12;

function loop(node: While | For | Select | ArithmeticFor, frame: Frame, walk: Walk): Stream {
  if (isEndless(node) && startsJobs(node.body))
    walk.report.factor(
      'endless-jobs',
      'HIGH',
      'It starts jobs without end.',
      frame.source.slice(node.pos, node.end),
    );
  const scope = scopeOf(frame, walk);
  if (node.type === 'For' || node.type === 'Select') {
    const words =
      node.wordlist === undefined
        ? (frame.state.positional ?? [unknown(FROM.input)])
        : node.wordlist.flatMap((word) => fields(word, scope)).flatMap((word) => globbed(word, frame, walk));
    return rounds(node.name.value, words, node.body, frame, walk);
  }
  if (node.type === 'ArithmeticFor') {
    for (const part of [node.initialize, node.test, node.update])
      if (part !== undefined) {
        const source = frame.source.slice(part.pos, part.end);
        arithmetic(source, scope, source);
      }
    return twice((inner) => statements(node.body.commands, inner, walk), frame);
  }
  return twice(
    (inner) =>
      after(statements(node.clause.commands, inner, walk), statements(node.body.commands, inner, walk)),
    frame,
  );
}

function rounds(name: string, words: readonly Value[], body: CompoundList, frame: Frame, walk: Walk): Stream {
  if (words.length > MOST_ROUNDS || words.some((word) => word.glob || word.splits)) {
    const any = words.length > MOST_ROUNDS ? unknown(joined(words).from) : null;
    return twice((inner) => {
      let printed: Stream = NOTHING;
      for (const word of any === null ? words : [any]) {
        inner.state.set(name, word);
        printed = after(printed, statements(body.commands, inner, walk));
      }
      return printed;
    }, frame);
  }
  const before = frame.state.copy();
  let printed: Stream = NOTHING;
  for (const word of words) {
    frame.state.set(name, word);
    printed = after(printed, statements(body.commands, frame, walk));
    // A `break` may end it after any round.
    before.join(frame.state.copy());
  }
  if (words.length > 0) frame.state.join(before);
  return printed;
}

/** So many variables may hand on a value from one round to the next. */
const MOST_REPEATS = 6;

/** A body of which nobody knows how often it runs: as things are, as it leaves them, and with all that then still moves unknown. */
function twice(body: (frame: Frame) => Stream, frame: Frame): Stream {
  const before = frame.state.copy();
  const first = body(frame);
  const moved = frame.state.folders !== before.folders;
  frame.state.join(before);
  if (moved) frame.state.folders = [];
  let second: Stream;
  let left = MOST_REPEATS;
  let earlier: ShellState;
  do {
    earlier = frame.state.copy();
    second = body(frame);
    frame.state.join(before);
  } while (frame.state.blurSince(earlier) && --left > 0);
  if (moved) frame.state.folders = [];
  return second.text === first.text ? second : unknown(first.from | second.from);
}

function coprocess(node: SyntaxNode & { type: 'Coproc' }, frame: Frame, walk: Walk): Stream {
  walk.beside++;
  const printed = runNode(
    node.body,
    { ...frame, state: frame.state.copy(), stdin: unknown(FROM.input) },
    walk,
  );
  walk.beside--;
  const name = node.name?.value ?? 'COPROC';
  const path = `/dev/fd/c${walk.written.size}`;
  walk.written.set(path, printed);
  frame.state.set(
    name,
    new Map([
      ['0', known(path)],
      ['1', unknown()],
    ]),
  );
  return NOTHING;
}

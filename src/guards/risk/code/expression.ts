import { closureAt } from './closures.ts';
import { argumentsOf, recordOrBlock } from './compound.ts';
import { variable } from './lookup.ts';
import { assign, hide, isWord, type Machine, peek, skipNewlines, spend, take } from './machine.ts';
import { ASSIGNS, binary, unary } from './operators.ts';
import { postfix } from './postfix.ts';
import { strings } from './strings.ts';
import type { Token } from './token.ts';
import { CONTROL } from './traits.ts';
import { list, named, number, text, UNKNOWN, type Value } from './value.ts';

const PREFIX = new Set(['-', '+', '!', '~', '*', '**', '&', '...', '\\', '@', '++', '--', '#', '$']);

const BINDS: Readonly<Record<string, number>> = Object.fromEntries(
  [
    'or xor',
    'and',
    '? if',
    '|| ?? //',
    '&&',
    '.. ...',
    '== != === !== < > <= >= <=> =~ !~ ~ in is instanceof eq ne lt gt le ge cmp not',
    '| |& ^',
    '&',
    '<< >>',
    '+ - .',
    '* / % x @',
    '**',
  ].flatMap((words, level) => words.split(' ').map((word) => [word, level + 1])),
);
const POSTFIX = 20;

/** The value of the expression that begins here, of operators that bind at least so tightly. */
export function expression(m: Machine, minimum = 0): Value {
  if (!spend(m)) return UNKNOWN;
  m.depth++;
  let left = operand(m);
  for (let token = peek(m); token !== undefined; token = peek(m)) {
    if (ASSIGNS.has(token.text) && token.kind === 'punctuation' && minimum <= 1) {
      left = assignment(m, left, token);
      continue;
    }
    const binds = binding(m, token);
    if (binds === undefined || binds < minimum) break;
    left = operation(m, left, token, binds);
  }
  m.depth--;
  return left;
}

function binding(m: Machine, token: Token): number | undefined {
  if (token.kind === 'string') return undefined;
  if (token.kind === 'punctuation') {
    if (token.text === '..' && m.language === 'lua') return BINDS['+'];
    if (token.text === '//' && m.language === 'python') return BINDS['*'];
    if (token.text === '.' && !m.traits.concatenation.has('.')) return undefined;
    return token.text === 'x' || token.text === 'if' ? undefined : BINDS[token.text];
  }
  if (token.kind !== 'name' || !m.traits.keywords.has(token.text)) return undefined;
  // `a if c` is a modifier of the statement outside Python.
  if (token.text === 'if') return m.language === 'python' ? BINDS['if'] : undefined;
  return BINDS[token.text];
}

function assignment(m: Machine, left: Value, operator: Token): Value {
  const { place } = m;
  m.at++;
  skipNewlines(m);
  const right = m.expression(m, 0);
  m.place = null;
  if (place === null) return right;
  const value =
    operator.text === '=' || operator.text === ':=' ? right : compound(m, left, operator.text, right);
  assign(m, place, value);
  return value;
}

function compound(m: Machine, left: Value, operator: string, right: Value): Value {
  if (operator === '||=' || operator === '??=' || (operator === '//=' && m.language === 'perl'))
    return left.kind === 'named' ? right : left;
  return binary(m, operator.slice(0, -1), left, right);
}

function operation(m: Machine, left: Value, operator: Token, binds: number): Value {
  const { straight } = m;
  m.at++;
  skipNewlines(m);
  if (operator.text === '?' || operator.text === 'if') return conditional(m, left, operator.text);
  if (CONTROL.has(operator.text)) m.straight = false;
  if (peek(m) === undefined) hide(m, `the code breaks off after ${operator.text}`);
  const rightToLeft = operator.text === '**' ? 0 : 1;
  const right = expression(m, binds + rightToLeft);
  m.straight = straight;
  m.place = null;
  return binary(m, operator.text, left, right);
}

function conditional(m: Machine, left: Value, word: string): Value {
  const { straight } = m;
  m.straight = false;
  const first = expression(m, 0);
  skipNewlines(m);
  const hasElse = take(m, word === '?' ? ':' : 'else');
  skipNewlines(m);
  const second = hasElse ? expression(m, 0) : UNKNOWN;
  m.straight = straight;
  m.place = null;
  return binary(m, 'or', word === '?' ? first : left, second);
}

function operand(m: Machine): Value {
  m.place = null;
  const token = peek(m);
  if (token === undefined) return UNKNOWN;
  if (token.kind === 'punctuation' && PREFIX.has(token.text)) {
    m.at++;
    const value = expression(m, POSTFIX - 1);
    m.place = null;
    return unary(m, token.text, value);
  }
  const from = m.at;
  const value = primary(m, token);
  return postfix(m, value, from);
}

function primary(m: Machine, token: Token): Value {
  const closure = closureAt(m);
  if (closure !== null) return closure;
  switch (token.kind) {
    case 'string':
    case 'words':
    case 'run':
      return strings(m, token);
    case 'number':
      m.at++;
      return number(Number(token.text.replaceAll('_', '').replace(/[nlLjJ]$/, '')));
    case 'regex':
      m.at++;
      evaluated(m, token);
      return UNKNOWN;
    case 'name':
      return name(m, token);
    case 'punctuation':
      return bracket(m, token);
    default:
      return UNKNOWN;
  }
}

/** Perl's `s/…/code/e`. */
function evaluated(m: Machine, { parts: [mark, code] }: Token): void {
  if (mark === 'eval' && typeof code === 'string') m.invoke(m, named('eval'), [text(code)], m.at - 1, m.at);
}

function name(m: Machine, token: Token): Value {
  m.at++;
  if (!m.traits.keywords.has(token.text)) {
    m.place = token.text;
    return defaulted(m, token.text) ?? variable(m, token.text);
  }
  if (m.language === 'perl' && /^(?:do|require)$/.test(token.text) && peek(m)?.kind === 'string')
    hide(m, 'runs the code of another file');
  if (DEFINES.has(token.text) && m.language !== 'javascript') return defined(m);
  const next = peek(m);
  if (token.text === 'import' && isWord(next, '(')) return named('require');
  if (CONTROL.has(token.text)) m.straight = false;
  if (next === undefined || next.kind === 'newline' || /^[)\]};,:.=>]/.test(next.text)) return UNKNOWN;
  if (m.language !== 'python' && next.text === '{') return UNKNOWN;
  if (token.text === 'new' || token.text === 'await' || token.text === 'typeof')
    return expression(m, POSTFIX);
  const value = expression(m, 0);
  if (token.text === 'with' && m.language === 'javascript' && value.kind === 'named')
    m.opened.push(value.name);
  if (token.text === 'return' || token.text === 'yield') m.returned ??= value;
  return token.text === 'not' ? UNKNOWN : value;
}

/** Perl's `unlink` alone takes `$_`. */
function defaulted(m: Machine, word: string): Value | null {
  const next = peek(m);
  const isAlone =
    next === undefined ||
    next.kind === 'newline' ||
    /^[;})]$/.test(next.text) ||
    m.traits.keywords.has(next.text);
  if (m.language !== 'perl' || !isAlone || (word !== 'unlink' && word !== 'rmdir')) return null;
  return m.invoke(m, named(word), [variable(m, '$_')], m.at - 1, m.at);
}

const DEFINES = new Set(['function', 'fn', 'def', 'sub']);

/** Takes the name of a function that is written here, which is no call of it; its body follows as it stands. */
function defined(m: Machine): Value {
  while (peek(m)?.kind === 'name' || /^(?:[.:&]|::)$/.test(peek(m)?.text ?? '')) m.at++;
  if (take(m, '(')) argumentsOf(m, true);
  return named('function()');
}

function bracket(m: Machine, token: Token): Value {
  const open = m.at;
  switch (token.text) {
    case '(': {
      m.at++;
      const items = argumentsOf(m, true);
      const isTuple = items.length !== 1 || m.tokens[m.at - 2]?.text === ',';
      const [only = UNKNOWN] = items;
      // In JavaScript, what commas join is the last of it.
      if (m.language === 'javascript') return items.at(-1) ?? UNKNOWN;
      return isTuple ? list(items) : only;
    }
    case '[':
      m.at++;
      return list(argumentsOf(m, true));
    case '{':
    case '@{':
    case '%{':
    case '${':
    case '&{':
    case '$#{':
      m.at++;
      return recordOrBlock(m, open);
    default:
      // Not a value: whoever asked for one goes on behind it, so that nothing is left unread.
      if (!/^[)\]};,:]$/.test(token.text)) m.at++;
      return UNKNOWN;
  }
}

import { expression } from './expression.ts';
import { hide, isWord, type Machine, peek, spend, take } from './machine.ts';
import { ASSIGNS, concatenated } from './operators.ts';
import { add } from './report.ts';
import { alternatives, textOf, UNKNOWN, type Value } from './value.ts';

/** Binds as tightly as a sum, so that `a " " b > "file"` leaves the redirection. */
const SUM = 11;
const STREAMS = new Set(['/dev/stderr', '/dev/stdout', '/dev/null', '/dev/tty', '-']);

/** Values side by side are joined; what a program is piped to or from is run. */
export function awkExpression(m: Machine, minimum = 0): Value {
  if (minimum > SUM) return expression(m, minimum);
  const next = peek(m, 1);
  if (peek(m)?.kind === 'name' && next?.kind === 'punctuation' && ASSIGNS.has(next.text))
    return expression(m);
  const from = m.at;
  let value = getline(m) ?? expression(m, SUM);
  while (m.at > from && beginsValue(m) && spend(m)) value = concatenated(value, expression(m, SUM));
  while (isPipe(m) && isWord(peek(m, 1), 'getline')) {
    m.at++;
    runs(m, value, from);
    getline(m);
    value = UNKNOWN;
  }
  return value;
}

const isPipe = (m: Machine): boolean => isWord(peek(m), '|') || isWord(peek(m), '|&');

function beginsValue(m: Machine): boolean {
  const token = peek(m);
  if (token === undefined) return false;
  if (token.kind === 'name') return !m.traits.keywords.has(token.text);
  return token.kind === 'string' || token.kind === 'number' || token.text === '$' || token.text === '(';
}

/** `getline x < "file"`. */
function getline(m: Machine): Value | undefined {
  const from = m.at;
  if (!take(m, 'getline')) return undefined;
  if (peek(m)?.kind === 'name' || isWord(peek(m), '$')) expression(m, SUM + 2);
  if (!take(m, '<')) return UNKNOWN;
  // It binds tighter than the joining of values; code that joins them anyway means the whole.
  let path = expression(m, SUM);
  while (beginsValue(m) && spend(m)) path = concatenated(path, expression(m, SUM));
  reaches(m, 'read', path, from);
  return UNKNOWN;
}

export function awkStatements(m: Machine): Value {
  let value: Value = UNKNOWN;
  while (m.at < m.end && spend(m)) {
    const token = peek(m);
    const from = m.at;
    if (isWord(token, 'print') || isWord(token, 'printf')) print(m);
    else if (isWord(token, '@')) hide(m, 'it loads other code');
    else if (token?.kind === 'newline' || /^[{};,:?)\]]$/.test(token?.text ?? '') || isKeyword(m)) m.at++;
    else value = m.expression(m);
    if (isPipe(m) && m.language === 'awk') m.at++;
    if (m.at === from) m.at++;
  }
  return value;
}

const isKeyword = (m: Machine): boolean => {
  const token = peek(m);
  return token?.kind === 'name' && m.traits.keywords.has(token.text) && token.text !== 'getline';
};

function print(m: Machine): void {
  const from = m.at++;
  for (let token = peek(m); token !== undefined && spend(m); token = peek(m)) {
    if (token.kind === 'newline' || /^[;}]$/.test(token.text)) return;
    const at = m.at;
    if (take(m, '>') || take(m, '>>')) reaches(m, 'write', m.expression(m), from);
    else if (isPipe(m)) {
      m.at++;
      runs(m, m.expression(m), from);
    } else m.expression(m);
    if (m.at === at) m.at++;
  }
}

const evidenceOf = (m: Machine, from: number): string =>
  m.source.slice(m.tokens[from]?.start ?? 0, m.tokens[m.at - 1]?.end ?? 0);

function runs(m: Machine, line: Value, from: number): void {
  for (const one of alternatives(line)) {
    const known = textOf(one);
    const kind = known?.startsWith('/inet') === true ? 'send' : 'shell';
    add(m, { kind, texts: [known], recursive: false, evidence: evidenceOf(m, from) });
  }
}

function reaches(m: Machine, kind: 'read' | 'write', path: Value, from: number): void {
  for (const one of alternatives(path)) {
    const known = textOf(one);
    if (known !== null && STREAMS.has(known)) continue;
    const isNetwork = known?.startsWith('/inet') === true;
    add(m, {
      kind: isNetwork ? 'send' : kind,
      texts: [known],
      recursive: false,
      evidence: evidenceOf(m, from),
    });
  }
}

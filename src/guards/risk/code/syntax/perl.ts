import {
  readInserted,
  readParts,
  readPattern,
  readString,
  takeToken,
  wantsValue,
  type Reader,
  type Syntax,
} from '../lex.ts';
import type { Part, Token } from '../token.ts';
import { delimiters, heredoc } from './quoting.ts';

const HEREDOC = /<<(~?)(?:(["'])([^\n"']*)\2|([A-Za-z_]\w*))/y;
const QUOTE = /(qq|qw|qx|qr|q|m|s|tr|y)(\s*)([^\w\s,;)])/y;
const VARIABLE = /[$@](?:\w+(?:::\w+)*|[&_0])/y;
const ANGLES = /<[^<>\n=]*>/y;
const DOCUMENTATION = /=[a-z]\w*[^\n]*(?:\n(?!=cut\b)[^\n]*)*(?:\n=cut[^\n]*)?/y;

export const perl: Syntax = {
  space: /(?:[ \t\r\f]+|#[^\n]*)+/y,
  name: /(?:[$@%&]{1,3}|\$#)?(?:\{\^\w+\}|[\p{L}_][\p{L}\p{N}_]*(?:(?:::|')[\p{L}_][\p{L}\p{N}_]*)*(?:::)?)|[$@]\d+|[$@][&!@/\\;,.0_^\]]|-[a-zA-Z](?=\s+[$"'/])/uy,
  punctuation:
    /\*\*=|<=>|\.\.\.|<<=|>>=|&&=|\|\|=|\/\/=|->|=>|\+\+|--|\*\*|=~|!~|==|!=|&&|\|\||\/\/|\.\.|::|\$#\{|[$@%&]\{|\$#\$?|<<|>>|[-+*/%&|^.<>x]=|[-+*/%&|^~<>=!?()[\]{},:.;\\$@]/y,
  beforeValue: new Set(
    'return and or not if unless while until print split grep map join push unshift x lt gt le ge eq ne cmp system exec unlink'.split(
      ' ',
    ),
  ),
  foldsBraces: false,
  literal(reader): Token | 'skipped' | undefined {
    const { source, at } = reader;
    const character = source[at] ?? '';
    if (character === '"') return readString(reader, 1, { close: '"', escapes: 'full', code: inserted });
    if (character === "'") return readString(reader, 1, { close: "'", escapes: 'quote' });
    if (character === '`')
      return readString(reader, 1, { close: '`', escapes: 'full', code: inserted }, 'run');
    if (/[qmsty]/.test(character)) return readQuote(reader);
    if (character === '=' && (at === 0 || source[at - 1] === '\n')) return skipDocumentation(reader);
    if (!wantsValue(reader) && !(reader.previous?.kind === 'name' && reader.spaced)) return undefined;
    if (character === '<') return readAngles(reader);
    return character === '/' && wantsValue(reader) ? readPattern(reader) : undefined;
  },
};

/** `$name`, `$name->{key}`, `${name}` and `@{[ code ]}` in a string. */
function inserted(reader: Reader): Part | undefined {
  const { source, at } = reader;
  const character = source[at];
  if (character !== '$' && character !== '@') return undefined;
  if (source[at + 1] === '{') {
    const tokens = readInserted(reader, 2);
    const [only] = tokens;
    const isName = tokens.length === 1 && only?.kind === 'name';
    return isName ? [{ ...only, text: character + only.text.replace(/^\^/, '') }] : tokens;
  }
  VARIABLE.lastIndex = at;
  const name = VARIABLE.exec(source)?.[0];
  if (name === undefined) return undefined;
  return [takeToken(reader, 'name', name.length)];
}

function skipDocumentation(reader: Reader): 'skipped' | undefined {
  DOCUMENTATION.lastIndex = reader.at;
  const text = DOCUMENTATION.exec(reader.source)?.[0];
  if (text === undefined) return undefined;
  reader.at += text.length;
  return 'skipped';
}

function readAngles(reader: Reader): Token | undefined {
  HEREDOC.lastIndex = reader.at;
  const match = HEREDOC.exec(reader.source);
  if (match !== null) {
    const [whole, flag, quote, quoted, bare] = match;
    const style =
      quote === "'" ? ({ escapes: 'none' } as const) : ({ escapes: 'full', code: inserted } as const);
    return heredoc(reader, whole.length, { word: quoted ?? bare ?? '', indented: flag !== '' }, style);
  }
  ANGLES.lastIndex = reader.at;
  const text = ANGLES.exec(reader.source)?.[0];
  if (text === undefined) return undefined;
  const inside = text.slice(1, -1);
  // A file handle is read; anything else is a pattern of file names.
  return /^\$?\w*$/.test(inside)
    ? takeToken(reader, 'regex', text.length)
    : takeToken(reader, 'string', text.length, [inside]);
}

function readQuote(reader: Reader): Token | undefined {
  const { source, at, previous } = reader;
  QUOTE.lastIndex = at;
  const match = QUOTE.exec(source);
  if (match === null || previous?.text === '->' || /[\w$@%&]/.test(source[at - 1] ?? '')) return undefined;
  const [whole, operator = '', space, opening = ''] = match;
  if (opening === '=' && (space !== '' || /[>=~]/.test(source[at + whole.length] ?? ''))) return undefined;
  if (opening === '#' && space !== '') return undefined;
  if (opening === '}' || (opening === '-' && source[at + whole.length] === '>')) return undefined;
  const marks = delimiters(opening);
  const literal = opening === "'" || operator === 'q' || operator === 'qw';
  const style = {
    escapes: literal ? 'quote' : 'full',
    ...(literal ? {} : { code: inserted }),
    ...marks,
  } as const;
  if (operator === 'q' || operator === 'qq') return readString(reader, whole.length, style);
  if (operator === 'qw') return readString(reader, whole.length, style, 'words');
  if (operator === 'qx') return readString(reader, whole.length, style, 'run');
  const first = readString(reader, whole.length, { escapes: 'none', ...guarded(marks) }, 'regex');
  return operator === 's' || operator === 'tr' || operator === 'y'
    ? readReplacement(reader, first, operator, marks)
    : first;
}

/** In a pattern, a backslash before the delimiter does not end it, and what it stands for does not matter. */
const guarded = (marks: {
  close: string;
  open?: string;
}): { close: string; open?: string; code: (reader: Reader) => Part | undefined } => ({
  ...marks,
  code: (reader) => (reader.source[reader.at] === '\\' ? [takeToken(reader, 'regex', 2)] : undefined),
});

function readReplacement(
  reader: Reader,
  first: Token,
  operator: string,
  marks: { close: string; open?: string },
): Token {
  let close = marks;
  if (marks.open !== undefined) {
    while (/\s/.test(reader.source[reader.at] ?? '')) reader.at++;
    close = delimiters(reader.source[reader.at] ?? '');
    reader.at++;
  }
  const begins = reader.at;
  const parts = readParts(reader, { escapes: 'none', ...guarded(close) });
  const replacement = reader.source.slice(begins, reader.at - 1);
  FLAGS.lastIndex = reader.at;
  const flags = FLAGS.exec(reader.source)?.[0] ?? '';
  reader.at += flags.length;
  const text = reader.source.slice(first.start, reader.at);
  const base = { text, start: first.start, end: reader.at, spaced: first.spaced };
  if (operator !== 's' || !flags.includes('e')) return { ...base, kind: 'regex', parts: parts.slice(0, 0) };
  // The replacement is code: it is handed on as a call of eval.
  return { ...base, kind: 'regex', parts: ['eval', replacement] };
}
const FLAGS = /[a-z]*/y;

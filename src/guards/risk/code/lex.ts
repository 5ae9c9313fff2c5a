import { type Escapes, readEscape } from './escapes.ts';
import type { Part, Token } from './token.ts';

/** How the words of a language are told apart. */
export interface Syntax {
  /** White space and comments, but no line break. Sticky, like the others. */
  readonly space: RegExp;
  readonly name: RegExp;
  readonly punctuation: RegExp;
  /** Names after which a value follows, so that a slash begins a pattern. */
  readonly beforeValue: ReadonlySet<string>;
  /** True where line breaks end no statement inside braces either. */
  readonly foldsBraces: boolean;
  /** Reads the string, the pattern or the block comment that begins here; undefined where none does. */
  literal(reader: Reader): Token | 'skipped' | undefined;
}

export interface Reader {
  readonly source: string;
  readonly syntax: Syntax;
  at: number;
  /** The last word read. */
  previous: Token | undefined;
  spaced: boolean;
  /** Why the code cannot be read as this language's. */
  broken: string | null;
  depth: number;
  /** Texts that begin at the next line. */
  heredocs: ((reader: Reader) => void)[];
}

export interface StringStyle {
  readonly close: string;
  /** Set where the delimiters nest. */
  readonly open?: string;
  readonly escapes: Escapes;
  readonly oneLine?: boolean;
  /** Reads the code that is put in here; undefined where none is. */
  readonly code?: (reader: Reader) => Part | undefined;
}

const DEPTH = 40;
const NUMBER =
  /0[xX][\dA-Fa-f_]+n?|0[bB][01_]+n?|0[oO][0-7_]+n?|(?:\d[\d_]*(?:\.\d[\d_]*)?|\.\d[\d_]*)(?:[eE][+-]?\d+)?[nlLjJ]?/y;
const OPENS = new Set(['(', '[', '{', '#{', '@{', '&{', '$#{', '%{', '${']);
const CLOSES = new Set([')', ']', '}']);
const LINE_SPACE = /[ \t]*/y;

export function lex(source: string, syntax: Syntax): { tokens: Token[]; broken: string | null } {
  const reader: Reader = {
    source,
    syntax,
    at: 0,
    previous: undefined,
    spaced: false,
    broken: null,
    depth: 0,
    heredocs: [],
  };
  const tokens = readTokens(reader, null);
  return { tokens, broken: reader.broken };
}

/** Reads up to the end, or to the first of `stops` outside brackets, which is left where it is. */
export function readTokens(reader: Reader, stops: ReadonlySet<string> | null): Token[] {
  const tokens: Token[] = [];
  if (++reader.depth > DEPTH) reader.broken ??= 'strings within strings too deep';
  const brackets: string[] = [];
  const outer = reader.previous;
  reader.previous = undefined;
  while (reader.broken === null) {
    skipSpace(reader);
    if (reader.at >= reader.source.length) break;
    if (stops !== null && brackets.length === 0 && stops.has(reader.source[reader.at] ?? '')) break;
    const token = readToken(reader);
    if (token === null) continue;
    if (token.kind === 'punctuation') {
      if (OPENS.has(token.text)) brackets.push(token.text);
      else if (CLOSES.has(token.text) && brackets.pop() === undefined)
        reader.broken ??= `a stray ${token.text}`;
    }
    const open = brackets.at(-1);
    const folds = open !== undefined && (open === '(' || open === '[' || reader.syntax.foldsBraces);
    if (token.kind === 'newline' && folds) continue;
    tokens.push(token);
    reader.previous = token;
  }
  if (stops === null && brackets.length > 0) reader.broken ??= `a ${brackets.at(-1)} that is not closed`;
  reader.depth--;
  reader.previous = outer;
  return tokens;
}

function skipSpace(reader: Reader): void {
  const { space } = reader.syntax;
  space.lastIndex = reader.at;
  const skipped = space.exec(reader.source)?.[0].length ?? 0;
  reader.at += skipped;
  reader.spaced = skipped > 0 || reader.previous === undefined;
}

function readToken(reader: Reader): Token | null {
  const { source, syntax, at } = reader;
  if (source[at] === '\n') return readNewline(reader);
  const literal = syntax.literal(reader);
  if (literal === 'skipped') return null;
  if (literal !== undefined) return literal;
  return (
    sticky(reader, NUMBER, 'number') ??
    sticky(reader, syntax.name, 'name') ??
    sticky(reader, syntax.punctuation, 'punctuation') ??
    fail(reader, `unexpected ${JSON.stringify(source[at])}`)
  );
}

function sticky(reader: Reader, pattern: RegExp, kind: Token['kind']): Token | null {
  const before = reader.source[reader.at - 1] ?? '';
  if (kind === 'number' && /[\w.]/.test(before) && reader.source[reader.at] === '.') return null;
  pattern.lastIndex = reader.at;
  const text = pattern.exec(reader.source)?.[0];
  if (text === undefined || text === '') return null;
  return takeToken(reader, kind, text.length);
}

function fail(reader: Reader, why: string): null {
  reader.broken ??= why;
  reader.at++;
  return null;
}

/** Takes the next characters as a word. */
export function takeToken(
  reader: Reader,
  kind: Token['kind'],
  length: number,
  parts: readonly Part[] = [],
): Token {
  const start = reader.at;
  reader.at += length;
  return {
    kind,
    text: reader.source.slice(start, reader.at),
    parts,
    start,
    end: reader.at,
    spaced: reader.spaced,
  };
}

function readNewline(reader: Reader): Token {
  const start = reader.at++;
  const { spaced } = reader;
  for (const heredoc of reader.heredocs.splice(0)) heredoc(reader);
  LINE_SPACE.lastIndex = reader.at;
  const text = LINE_SPACE.exec(reader.source)?.[0] ?? '';
  return { kind: 'newline', text, parts: [], start, end: reader.at, spaced };
}

/** Reads a string whose opening is `opening` characters long. */
export function readString(
  reader: Reader,
  opening: number,
  style: StringStyle,
  kind: Token['kind'] = 'string',
): Token {
  const start = reader.at;
  const { spaced } = reader;
  reader.at += opening;
  const parts = readParts(reader, style);
  return { kind, text: reader.source.slice(start, reader.at), parts, start, end: reader.at, spaced };
}

/** Reads up to the close, which is taken too. */
export function readParts(reader: Reader, style: StringStyle): Part[] {
  const { source } = reader;
  const parts: Part[] = [];
  let known = '';
  let nested = 0;
  while (reader.broken === null) {
    const character = source[reader.at];
    if (character === undefined || (style.oneLine === true && character === '\n')) {
      reader.broken = 'a string that is not closed';
      break;
    }
    if (nested === 0 && source.startsWith(style.close, reader.at)) {
      reader.at += style.close.length;
      break;
    }
    if (character === style.open) nested++;
    else if (character === style.close) nested--;
    if (character === '\\' && style.escapes !== 'none') {
      known += escaped(reader, style);
      continue;
    }
    const code = style.code?.(reader);
    if (code === undefined) {
      known += character;
      reader.at++;
    } else {
      parts.push(known, code);
      known = '';
    }
  }
  parts.push(known);
  return parts;
}

function escaped(reader: Reader, style: StringStyle): string {
  const next = reader.source[reader.at + 1] ?? '';
  if (style.escapes !== 'full' && style.escapes !== 'decimal') {
    reader.at += 2;
    if (style.escapes === 'raw') return `\\${next}`;
    return next === '\\' || next === style.close || next === style.open ? next : `\\${next}`;
  }
  const { text, end } = readEscape(reader.source, reader.at + 1, style.escapes);
  reader.at = end;
  return text;
}

/** Reads the code in a string up to the closing brace; `opening` characters stand before it. */
export function readInserted(reader: Reader, opening: number, stops = BRACE): readonly Token[] {
  reader.at += opening;
  const tokens = readTokens(reader, stops);
  if (reader.source[reader.at] === '}') reader.at++;
  else if (stops === BRACE) reader.broken ??= 'a string that is not closed';
  return tokens;
}
const BRACE: ReadonlySet<string> = new Set('}');

/** True where a value is expected, so that a slash begins a pattern and `<<` a text. */
export function wantsValue({ previous, syntax }: Reader): boolean {
  if (previous === undefined || previous.kind === 'newline') return true;
  if (previous.kind === 'punctuation')
    return !CLOSES.has(previous.text) && previous.text !== '++' && previous.text !== '--';
  return previous.kind === 'name' && syntax.beforeValue.has(previous.text);
}

/** Reads a pattern between slashes; undefined where it does not end on its line. */
export function readPattern(reader: Reader): Token | undefined {
  const { source } = reader;
  let inClass = false;
  for (let at = reader.at + 1; at < source.length && source[at] !== '\n'; at++) {
    const character = source[at];
    if (character === '\\') at++;
    else if (character === '[') inClass = true;
    else if (character === ']') inClass = false;
    else if (character === '/' && !inClass) {
      let end = at + 1;
      while (/[a-z]/.test(source[end] ?? '')) end++;
      return takeToken(reader, 'regex', end - reader.at);
    }
  }
  return undefined;
}

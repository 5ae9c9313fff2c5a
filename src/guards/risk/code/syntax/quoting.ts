import type { Reader, StringStyle } from '../lex.ts';
import { readParts } from '../lex.ts';
import type { Part, Token } from '../token.ts';

const PAIRS: Readonly<Record<string, string>> = { '(': ')', '[': ']', '{': '}', '<': '>' };

/** The delimiters of a string that begins with this character. */
export function delimiters(opening: string): { close: string; open?: string } {
  const close = PAIRS[opening];
  return close === undefined ? { close: opening } : { open: opening, close };
}

/** A text that begins at the next line and ends with a line of its own; its parts are filled in then. */
export function heredoc(
  reader: Reader,
  length: number,
  end: { readonly word: string; readonly indented: boolean },
  style: Pick<StringStyle, 'escapes' | 'code'>,
  kind: Token['kind'] = 'string',
): Token {
  const parts: Part[] = [];
  const start = reader.at;
  reader.at += length;
  reader.heredocs.push((later) => {
    const close = closing(later, end);
    if (close === null) {
      later.broken ??= `${end.word} does not come`;
      return;
    }
    const whole = later.source;
    const body = whole.slice(later.at, close.start);
    const inner: Reader = { ...later, source: `${body}\0`, at: 0, heredocs: [], previous: undefined };
    parts.push(...readParts(inner, { ...style, close: '\0' }));
    later.broken ??= inner.broken;
    later.at = close.end;
  });
  return {
    kind,
    text: reader.source.slice(start, reader.at),
    parts,
    start,
    end: reader.at,
    spaced: reader.spaced,
  };
}

/** Where the line that ends the text begins and ends. */
function closing(
  { source, at }: Reader,
  end: { word: string; indented: boolean },
): { start: number; end: number } | null {
  for (let line = at; line <= source.length;) {
    const stop = source.indexOf('\n', line);
    const lineEnd = stop === -1 ? source.length : stop;
    const text = source.slice(line, lineEnd);
    const bare = end.indented ? text.trimStart() : text;
    const wordEnd = line + text.length - bare.length + end.word.length;
    if (bare.startsWith(end.word) && !/\w/.test(bare[end.word.length] ?? ''))
      return { start: line, end: wordEnd };
    if (stop === -1) return null;
    line = stop + 1;
  }
  return null;
}

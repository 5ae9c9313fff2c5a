import type { Word, WordPart } from 'unbash';

type Flat = 'Literal' | 'Glob' | 'BraceExpansion' | 'ExtendedGlob' | 'SingleQuoted' | 'AnsiCQuoted';

/** A part of a word that is expanded by itself. */
export type Part = Exclude<WordPart, { readonly type: Flat }>;

/** The smallest bits of a word: a character that may have a meaning, a quoted text, or an expansion. */
export type Atom = { readonly char: string } | { readonly quoted: string } | { readonly part: Part };

/** A word without its quotes, its braces and patterns still plain characters. */
export const atoms = (word: Word): Atom[] =>
  word.parts === undefined ? written(word.text) : word.parts.flatMap(flat);

function flat(part: WordPart): Atom[] {
  switch (part.type) {
    case 'Literal':
      return written(part.text);
    case 'SingleQuoted':
    case 'AnsiCQuoted':
      return [{ quoted: part.value }];
    case 'Glob':
      return part.kind === 'bracket' ? around('[', part.parts.flatMap(flat), ']') : written(part.text);
    case 'BraceExpansion':
      return part.parts === undefined ? written(part.text) : around('{', part.parts.flatMap(flat), '}');
    case 'ExtendedGlob':
      return around(`${part.operator}(`, part.parts?.flatMap(flat) ?? written(part.pattern), ')');
    default:
      return [{ part }];
  }
}

const around = (open: string, inner: readonly Atom[], close: string): Atom[] => [
  ...written(open),
  ...inner,
  ...written(close),
];

function written(text: string): Atom[] {
  const found: Atom[] = [];
  let escaped = false;
  for (const char of text) {
    if (!escaped && char === '\\') escaped = true;
    else {
      if (!escaped) found.push({ char });
      else if (char !== '\n') found.push({ quoted: char });
      escaped = false;
    }
  }
  if (escaped) found.push({ quoted: '\\' });
  return found;
}

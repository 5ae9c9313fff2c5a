import { readString, type Syntax } from '../lex.ts';
import type { Token } from '../token.ts';

const LONG = /\[(=*)\[\n?/y;
const LONG_COMMENT = /--\[(=*)\[/y;

export const lua: Syntax = {
  space: /(?:[ \t\r]+|--(?!\[=*\[)[^\n]*)+/y,
  name: /[A-Za-z_]\w*/y,
  punctuation: /\.\.\.|\.\.|==|~=|<=|>=|<<|>>|\/\/|::|[-+*/%^#&~|<>=()[\]{},:.;]/y,
  beforeValue: new Set(),
  foldsBraces: true,
  literal(reader): Token | 'skipped' | undefined {
    const { source, at } = reader;
    const character = source[at];
    if (character === '"' || character === "'")
      return readString(reader, 1, { close: character, escapes: 'decimal', oneLine: true });
    LONG_COMMENT.lastIndex = at;
    const comment = LONG_COMMENT.exec(source);
    if (comment !== null) {
      readString(reader, comment[0].length, { close: `]${comment[1]}]`, escapes: 'none' });
      return 'skipped';
    }
    LONG.lastIndex = at;
    const long = LONG.exec(source);
    if (long === null) return undefined;
    return readString(reader, long[0].length, { close: `]${long[1]}]`, escapes: 'none' });
  },
};

import { readPattern, readString, wantsValue, type Syntax } from '../lex.ts';
import type { Token } from '../token.ts';

export const awk: Syntax = {
  space: /(?:[ \t\r]+|\\\r?\n|#[^\n]*)+/y,
  name: /[A-Za-z_]\w*/y,
  punctuation: /\*\*=|\|&|&&|\|\||\+\+|--|\*\*|>>|[-+*/%^=!<>]=|!~|[-+*/%^~<>=!?()[\]{},:;|$@]/y,
  beforeValue: new Set(['print', 'printf', 'return', 'in', 'getline']),
  foldsBraces: false,
  literal(reader): Token | undefined {
    const character = reader.source[reader.at];
    if (character === '"') return readString(reader, 1, { close: '"', escapes: 'full', oneLine: false });
    return character === '/' && wantsValue(reader) ? readPattern(reader) : undefined;
  },
};

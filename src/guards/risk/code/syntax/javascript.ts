import { readInserted, readPattern, readString, wantsValue, type Reader, type Syntax } from '../lex.ts';
import type { Part, Token } from '../token.ts';

const SPACE = /(?:[ \t\r\f\v\u00A0\uFEFF]+|\/\/[^\n]*|\/\*[^*]*\*+(?:[^/*][^*]*\*+)*\/|^#![^\n]*)+/y;

export const javascript: Syntax = {
  space: SPACE,
  name: /#?[\p{L}_$][\p{L}\p{N}_$]*/uy,
  punctuation:
    />>>=|\.\.\.|===|!==|\*\*=|<<=|>>=|>>>|&&=|\|\|=|\?\?=|=>|\?\.|\?\?|&&|\|\||\+\+|--|\*\*|<<|>>|[-+*/%&|^=!<>]=|[-+*/%&|^~<>=!?()[\]{},:.;@]/y,
  beforeValue: new Set([
    'return',
    'typeof',
    'case',
    'in',
    'of',
    'void',
    'delete',
    'do',
    'else',
    'await',
    'yield',
    'throw',
    'new',
  ]),
  foldsBraces: false,
  literal(reader): Token | undefined {
    const character = reader.source[reader.at];
    if (character === '"' || character === "'")
      return readString(reader, 1, { close: character, escapes: 'full', oneLine: true });
    if (character === '`') return readString(reader, 1, { close: '`', escapes: 'full', code: inserted });
    return character === '/' && wantsValue(reader) ? readPattern(reader) : undefined;
  },
};

function inserted(reader: Reader): Part | undefined {
  return reader.source.startsWith('${', reader.at) ? readInserted(reader, 2) : undefined;
}

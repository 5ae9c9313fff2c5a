import { readInserted, readString, takeToken, type Reader, type StringStyle, type Syntax } from '../lex.ts';
import type { Part, Token } from '../token.ts';

const OPENING = /([rRbBuUfFtT]{0,2})("""|'''|"|')/y;
const SPACE = /(?:[ \t\r\f]+|\\\r?\n|#[^\n]*)+/y;
const ENDS = new Set(['}', ':', '!']);

export const python: Syntax = {
  space: SPACE,
  name: /[\p{L}_][\p{L}\p{N}_]*/uy,
  punctuation:
    /\*\*=|\/\/=|>>=|<<=|\.\.\.|->|:=|[-+*/%@&|^=!<>]=|\*\*|\/\/|<<|>>|[-+*/%@&|^~<>=()[\]{},:.;!]/y,
  beforeValue: new Set(),
  foldsBraces: true,
  literal(reader): Token | undefined {
    OPENING.lastIndex = reader.at;
    const opening = OPENING.exec(reader.source);
    if (opening === null) return undefined;
    const [whole, prefix = '', close = ''] = opening;
    const style: StringStyle = {
      close,
      oneLine: close.length === 1,
      escapes: /r/i.test(prefix) ? 'raw' : 'full',
      ...(/[ft]/i.test(prefix) ? { code: inserted } : {}),
    };
    return readString(reader, whole.length, style);
  },
};

function inserted(reader: Reader): Part | undefined {
  const { source, at } = reader;
  const character = source[at];
  if (character === '}' || (character === '{' && source[at + 1] === '{')) {
    if (source[at + 1] !== character) return undefined;
    const { text } = takeToken(reader, 'string', 2);
    return [{ kind: 'string', text, parts: [character], start: at, end: at + 2, spaced: false }];
  }
  if (character !== '{') return undefined;
  const tokens = readInserted(reader, 1, ENDS);
  skipFormat(reader);
  return tokens;
}

/** Skips `!r:>10}`. */
function skipFormat(reader: Reader): void {
  if (reader.source[reader.at - 1] === '}') return;
  for (let nested = 1; nested > 0; reader.at++) {
    const character = reader.source[reader.at];
    if (character === undefined) {
      reader.broken ??= 'a string that is not closed';
      return;
    }
    if (character === '{') nested++;
    else if (character === '}') nested--;
  }
}

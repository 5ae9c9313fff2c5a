import {
  readInserted,
  readPattern,
  readString,
  takeToken,
  wantsValue,
  type Reader,
  type Syntax,
} from '../lex.ts';
import type { Part, Token } from '../token.ts';
import { delimiters, heredoc } from './quoting.ts';

const HEREDOC = /<<([~-]?)(["'`]?)([A-Z_]\w*)\2/y;
const PERCENT = /%([qQwWiIxr]?)([^\w\s])/y;
const SYMBOL = /:(?:[A-Za-z_]\w*[?!]?(?!:)|")/y;

export const ruby: Syntax = {
  space: /(?:[ \t\r]+|\\\r?\n|#[^\n]*)+/y,
  name: /[@$]{0,2}[\p{L}_][\p{L}\p{N}_]*(?:[?!](?!=(?![=~>])))?|\$[0-9!@&~_./\\;,<>:"?*$]/uy,
  punctuation:
    /\*\*=|<=>|===|\.\.\.|<<=|>>=|&&=|\|\|=|&\.|::|\.\.|=>|->|==|!=|=~|!~|&&|\|\||\*\*|<<|>>|[-+*/%&|^<>]=|[-+*/%&|^~<>=!?()[\]{},:.;]/y,
  beforeValue: new Set(
    'return and or not if unless while until when in puts print p then do else elsif case system exec raise yield'.split(
      ' ',
    ),
  ),
  foldsBraces: false,
  literal(reader): Token | 'skipped' | undefined {
    const { source, at } = reader;
    const character = source[at];
    if (character === '"') return readString(reader, 1, { close: '"', escapes: 'full', code: inserted });
    if (character === "'") return readString(reader, 1, { close: "'", escapes: 'quote' });
    if (character === '`')
      return readString(reader, 1, { close: '`', escapes: 'full', code: inserted }, 'run');
    if (character === ':') return symbol(reader);
    if (!wantsValue(reader) && !commandArgument(reader)) return undefined;
    if (character === '/') return readPattern(reader);
    if (character === '<') return readHeredoc(reader);
    return character === '%' ? readPercent(reader) : undefined;
  },
};

/** `puts /x/`: after a name and white space, a pattern or a string begins where none comes after it. */
function commandArgument({ previous, spaced, source, at }: Reader): boolean {
  return previous?.kind === 'name' && spaced && !/[\s=]/.test(source[at + 1] ?? ' ');
}

function inserted(reader: Reader): Part | undefined {
  return reader.source.startsWith('#{', reader.at) ? readInserted(reader, 2) : undefined;
}

function symbol(reader: Reader): Token | undefined {
  SYMBOL.lastIndex = reader.at;
  const text = SYMBOL.exec(reader.source)?.[0];
  if (text === undefined || reader.source[reader.at - 1] === ':') return undefined;
  if (text === ':"') return readString(reader, 2, { close: '"', escapes: 'full', code: inserted });
  return takeToken(reader, 'string', text.length, [text.slice(1)]);
}

function readHeredoc(reader: Reader): Token | undefined {
  HEREDOC.lastIndex = reader.at;
  const match = HEREDOC.exec(reader.source);
  if (match === null) return undefined;
  const [whole, flag, quote, word = ''] = match;
  const style =
    quote === "'" ? ({ escapes: 'none' } as const) : ({ escapes: 'full', code: inserted } as const);
  return heredoc(
    reader,
    whole.length,
    { word, indented: flag !== '' },
    style,
    quote === '`' ? 'run' : 'string',
  );
}

function readPercent(reader: Reader): Token | undefined {
  PERCENT.lastIndex = reader.at;
  const match = PERCENT.exec(reader.source);
  if (match === null) return undefined;
  const [whole, letter = '', opening = ''] = match;
  const literal = letter === 'q' || letter === 'w' || letter === 'i';
  const style = literal ? ({ escapes: 'quote' } as const) : ({ escapes: 'full', code: inserted } as const);
  const kind =
    letter === 'x'
      ? 'run'
      : /[wi]/i.test(letter) && letter !== ''
        ? 'words'
        : letter === 'r'
          ? 'regex'
          : 'string';
  return readString(reader, whole.length, { ...style, ...delimiters(opening) }, kind);
}

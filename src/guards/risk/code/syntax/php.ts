import { readInserted, readString, takeToken, type Reader, type Syntax } from '../lex.ts';
import type { Part, Token } from '../token.ts';
import { heredoc } from './quoting.ts';

const HEREDOC = /<<<[ \t]*(?:'([A-Za-z_]\w*)'|"?([A-Za-z_]\w*)"?)/y;
const TAG = /<\?(?:php\b|=)?|\?>/y;
const VARIABLE = /\$[A-Za-z_]\w*/y;

export const php: Syntax = {
  space: /(?:[ \t\r]+|\/\/[^\n]*|#(?!\[)[^\n]*|\/\*[^*]*\*+(?:[^/*][^*]*\*+)*\/)+/y,
  name: /\$?\\?[\p{L}_][\p{L}\p{N}_]*(?:\\[\p{L}_][\p{L}\p{N}_]*)*/uy,
  punctuation:
    /<=>|===|!==|\*\*=|\.\.\.|<<=|>>=|\?\?=|\?->|->|=>|::|\+\+|--|\*\*|\?\?|&&|\|\||<<|>>|[-+*/%&|^.=!<>]=|[$@]\{|[-+*/%&|^~<>=!?()[\]{},:.;@$\\]/y,
  beforeValue: new Set(),
  foldsBraces: false,
  literal(reader): Token | 'skipped' | undefined {
    const character = reader.source[reader.at];
    if (character === '"') return readString(reader, 1, { close: '"', escapes: 'full', code: inserted });
    if (character === "'") return readString(reader, 1, { close: "'", escapes: 'quote' });
    if (character === '`')
      return readString(reader, 1, { close: '`', escapes: 'full', code: inserted }, 'run');
    if (character !== '<' && character !== '?') return undefined;
    return readHeredoc(reader) ?? skipTag(reader);
  },
};

function inserted(reader: Reader): Part | undefined {
  const { source, at } = reader;
  if (source.startsWith('{$', at)) return readInserted(reader, 1);
  if (source.startsWith('${', at)) {
    const tokens = readInserted(reader, 2);
    return tokens.map((word, index) =>
      index === 0 && word.kind === 'name' ? { ...word, text: `$${word.text}` } : word,
    );
  }
  VARIABLE.lastIndex = at;
  const name = VARIABLE.exec(source)?.[0];
  return name === undefined ? undefined : [takeToken(reader, 'name', name.length)];
}

function skipTag(reader: Reader): 'skipped' | undefined {
  TAG.lastIndex = reader.at;
  const tag = TAG.exec(reader.source)?.[0];
  if (tag === undefined || tag === '<?=') return undefined;
  reader.at += tag.length;
  return 'skipped';
}

function readHeredoc(reader: Reader): Token | undefined {
  HEREDOC.lastIndex = reader.at;
  const match = HEREDOC.exec(reader.source);
  if (match === null) return undefined;
  const [whole, literal, word = ''] = match;
  if (literal !== undefined)
    return heredoc(reader, whole.length, { word: literal, indented: true }, { escapes: 'none' });
  return heredoc(reader, whole.length, { word, indented: true }, { escapes: 'full', code: inserted });
}

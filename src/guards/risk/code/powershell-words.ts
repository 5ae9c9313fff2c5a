/** One word of PowerShell. */
export interface Word {
  readonly kind: 'text' | 'bare' | 'variable' | 'type' | 'mark' | 'end';
  /** A string's content, a variable's or a type's name in lower case, or the word itself. */
  readonly text: string;
  /** Set where a string has variables or code in it. */
  readonly expands: boolean;
  readonly start: number;
  readonly end: number;
  readonly spaced: boolean;
}

const SPACE = /(?:[ \t\r]+|`\r?\n|<#[^#]*(?:#(?!>)[^#]*)*#>|#[^\n]*)+/y;
const VARIABLE = /\$(?:\{[^}\n]*\}|(?:\w+:)?[\w?^$]+)/y;
const TYPE = /\[[A-Za-z][\w.]*(?:\[\])?\]/y;
const MARK = /\|\||&&|::|\+=|@\(|@\{|\$\(|[|;&(){}[\],=+!.*/%@]/y;
const BARE = /(?:`.|[^\s`"'|;&(){}[\],=+$]|\$(?![\w({]))+/y;
const BARE_PATH = /(?:`.|[^\s`"'|;&(){},$])+/y;
const MEMBER = /\w+/y;
const CONTROL: Readonly<Record<string, string>> = {
  n: '\n',
  t: '\t',
  r: '\r',
  '0': '\0',
  a: '\x07',
  b: '\b',
};

/** Splits the code into words; null where it is none of PowerShell. */
export function powershellWords(code: string): Word[] | null {
  const words: Word[] = [];
  let at = 0;
  while (at < code.length) {
    SPACE.lastIndex = at;
    const spaced = SPACE.exec(code)?.[0].length ?? 0;
    at += spaced;
    if (at >= code.length) break;
    const word = readWord(code, at, spaced > 0 || at === 0);
    if (word === null) return null;
    words.push(word);
    at = word.end;
  }
  return words;
}

function readWord(code: string, at: number, spaced: boolean): Word | null {
  const make = (kind: Word['kind'], text: string, end: number, expands = false): Word => ({
    kind,
    text,
    expands,
    start: at,
    end,
    spaced,
  });
  const character = code[at] ?? '';
  if (character === '\n' || character === ';') return make('end', character, at + 1);
  if (character === '@' && /["']/.test(code[at + 1] ?? '')) {
    const quote = code[at + 1] ?? '';
    const end = code.indexOf(`\n${quote}@`, at);
    if (end === -1) return null;
    const text = code.slice(code.indexOf('\n', at) + 1, end);
    return make('text', text, end + 3, quote === '"' && text.includes('$'));
  }
  if (character === "'") return readLiteral(code, at, make);
  if (character === '"') return readExpanding(code, at, make);
  for (const [kind, pattern] of [
    ['variable', VARIABLE],
    ['type', TYPE],
    ['mark', MARK],
  ] as const) {
    pattern.lastIndex = at;
    const found = pattern.exec(code)?.[0];
    const isPath =
      kind === 'mark' && /^[.*/%+]$/.test(character) && spaced && /[\w\\/*.]/.test(code[at + 1] ?? '');
    if (found !== undefined && !isPath)
      return make(
        kind,
        kind === 'mark' ? found : found.replaceAll(/[${}[\]]/g, '').toLowerCase(),
        at + found.length,
      );
  }
  const isMember = !spaced && /[:.]/.test(code[at - 1] ?? '');
  const pattern = spaced ? BARE_PATH : isMember ? MEMBER : BARE;
  pattern.lastIndex = at;
  const bare = pattern.exec(code)?.[0];
  return bare === undefined ? null : make('bare', bare.replaceAll(/`(.)/gs, '$1'), at + bare.length);
}

type Make = (kind: Word['kind'], text: string, end: number, expands?: boolean) => Word;

function readLiteral(code: string, at: number, make: Make): Word | null {
  for (let end = at + 1; end < code.length; end++) {
    if (code[end] !== "'") continue;
    if (code[end + 1] !== "'") return make('text', code.slice(at + 1, end).replaceAll("''", "'"), end + 1);
    end++;
  }
  return null;
}

function readExpanding(code: string, at: number, make: Make): Word | null {
  let text = '';
  let expands = false;
  for (let end = at + 1; end < code.length; end++) {
    const character = code[end] ?? '';
    if (character === '`') text += CONTROL[code[++end] ?? ''] ?? code[end] ?? '';
    else if (character === '"' && code[end + 1] === '"') text += code[++end] ?? '';
    else if (character === '"') return make('text', text, end + 1, expands);
    else {
      expands ||= character === '$' && /[\w({]/.test(code[end + 1] ?? '');
      text += character;
    }
  }
  return null;
}

/** What a sed script does beyond editing the text that it is given. */
export interface SedScan {
  /** Shell lines; null where the line is the text that is edited. */
  readonly runs: readonly (string | null)[];
  readonly writes: readonly string[];
  readonly reads: readonly string[];
  /** False where the script cannot be read. */
  readonly understood: boolean;
}

interface Reader {
  readonly script: string;
  at: number;
}

const ADDRESS = /\s*(?:\d+(?:~\d+)?|\$|[+~]\d+)/y;
const STREAMS = new Set(['/dev/stdout', '/dev/stderr']);
const NUMBERED = /\s*\d*/y;

export function scanSed(script: string): SedScan {
  const runs: (string | null)[] = [];
  const writes: string[] = [];
  const reads: string[] = [];
  const found = {
    run: (shell: string): unknown => runs.push(shell === '' ? null : shell),
    write: (path: string): unknown => STREAMS.has(path) || writes.push(path),
    read: (path: string): unknown => path === '/dev/stdin' || reads.push(path),
  };
  const reader: Reader = { script, at: 0 };
  let understood = true;
  while (understood && reader.at < script.length) understood = command(reader, found);
  return { runs, writes, reads, understood };
}

interface Found {
  run(shell: string): unknown;
  write(path: string): unknown;
  read(path: string): unknown;
}

/** Takes one command; false where none can be read. */
function command(reader: Reader, found: Found): boolean {
  skip(reader, /[\s;{}]*/y);
  if (reader.at >= reader.script.length) return true;
  if (!addresses(reader)) return false;
  skip(reader, /[\s!]*/y);
  const name = reader.script[reader.at++] ?? '';
  switch (name) {
    case '{':
    case '}':
      return true;
    case '#':
    case ':':
      line(reader);
      return true;
    case 's':
      return substitution(reader, found);
    case 'y':
      return delimited(reader, 2, false) !== null;
    case 'e':
      found.run(line(reader).trim());
      return true;
    case 'w':
    case 'W':
      found.write(line(reader).trim());
      return true;
    case 'r':
    case 'R':
      found.read(line(reader).trim());
      return true;
    case 'a':
    case 'i':
    case 'c':
      textArgument(reader);
      return true;
    case 'b':
    case 't':
    case 'T':
    case 'v':
      skip(reader, /[^;\n}]*/y);
      return true;
    case 'q':
    case 'Q':
    case 'l':
    case 'L':
      skip(reader, NUMBERED);
      return ends(reader);
    default:
      return 'dDgGhHnNpPxzF='.includes(name) && name !== '' && ends(reader);
  }
}

function skip(reader: Reader, pattern: RegExp): string {
  pattern.lastIndex = reader.at;
  const text = pattern.exec(reader.script)?.[0] ?? '';
  reader.at += text.length;
  return text;
}

/** After a command comes its end. */
function ends(reader: Reader): boolean {
  skip(reader, /[ \t]*/y);
  const next = reader.script[reader.at];
  return next === undefined || /[;\n}#]/.test(next);
}

/** The rest of the line, taken. */
function line(reader: Reader): string {
  const text = skip(reader, /[^\n]*/y);
  reader.at++;
  return text;
}

/** The text of `a`, `i` and `c`: the line, and the next ones where a backslash ends it. */
function textArgument(reader: Reader): void {
  while (line(reader).endsWith('\\') && reader.at < reader.script.length);
}

function addresses(reader: Reader): boolean {
  for (let count = 0; count < 2; count++) {
    skip(reader, /\s*/y);
    const next = reader.script[reader.at] ?? '';
    if (next === '/' || next === '\\') {
      if (next === '\\') reader.at++;
      if (delimited(reader, 1) === null) return false;
      skip(reader, /[IM]*/y);
    } else skip(reader, ADDRESS);
    skip(reader, /[ \t]*/y);
    if (reader.script[reader.at] !== ',') return true;
    reader.at++;
  }
  return true;
}

/** Texts between delimiters, the first of which stands here; null where they do not end. */
function delimited(reader: Reader, count: number, matches = true): string[] | null {
  const { script } = reader;
  const delimiter = script[reader.at++];
  if (delimiter === undefined || delimiter === '\n' || delimiter === '\\') return null;
  const texts: string[] = [];
  while (texts.length < count) {
    const start = reader.at;
    const isPattern = matches && texts.length === 0;
    for (; reader.at < script.length; reader.at++) {
      const character = script[reader.at];
      if (character === '\\') reader.at++;
      else if (isPattern && character === '[') skipClass(reader);
      else if (character === delimiter) break;
    }
    if (reader.at >= script.length) return null;
    texts.push(script.slice(start, reader.at++));
  }
  return texts;
}

/** Moves to the bracket that ends a class of characters, within which the delimiter ends nothing. */
function skipClass(reader: Reader): void {
  reader.at++;
  skip(reader, /\^?\]?(?:\[[:.=][^\n]{0,40}?[:.=]\]|[^\]\n])*/y);
}

function substitution(reader: Reader, found: Found): boolean {
  const texts = delimited(reader, 2);
  if (texts === null) return false;
  const flags = skip(reader, /[gpiIMme0-9 \t]*/y);
  const [pattern = '', replacement = ''] = texts;
  // What runs is the whole line after the change: known where the change replaces all of it.
  const isWhole = /^\^?\.\*\$?$/.test(pattern) && !/&|\\\d/.test(replacement);
  if (flags.includes('e')) found.run(isWhole ? unescaped(replacement) : '');
  if (reader.script[reader.at] === 'w') {
    reader.at++;
    found.write(line(reader).trim());
    return true;
  }
  return ends(reader);
}

const unescaped = (text: string): string => text.replaceAll(/\\(.)/gs, '$1');

/** One word of SQL. */
export interface SqlWord {
  readonly kind: 'word' | 'string' | 'identifier' | 'mark';
  /** In upper case for a word; without its quotes for a string or an identifier. */
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

const SPACE = /(?:\s+|--[^\n]*|#(?![>-])[^\n]*)+/y;
const WORD = /[\p{L}_@$][\p{L}\p{N}_$@]*|\d[\w.]*/uy;
const DOLLAR = /\$(?:[A-Za-z_]\w*)?\$/y;
const MARK = /<>|<=|>=|!=|\|\||::|[\s\S]/y;

/** Splits SQL into statements, and those into words; comments and what strings hold are no words. */
export function sqlStatements(sql: string): SqlWord[][] {
  const statements: SqlWord[][] = [];
  let current: SqlWord[] = [];
  let at = 0;
  while (at < sql.length) {
    const comment = blockComment(sql, at);
    const space = comment ?? match(SPACE, sql, at);
    if (space !== null) {
      at += Math.max(1, space);
      continue;
    }
    const word = readWord(sql, at);
    at = word.end;
    if (word.kind === 'mark' && word.text === ';') {
      statements.push(current);
      current = [];
    } else current.push(word);
  }
  statements.push(current);
  return statements.filter((words) => words.length > 0);
}

function match(pattern: RegExp, sql: string, at: number): number | null {
  pattern.lastIndex = at;
  return pattern.exec(sql)?.[0].length ?? null;
}

/** How long a comment is; MySQL runs what stands in one that begins with an exclamation mark. */
function blockComment(sql: string, at: number): number | null {
  if (sql[at] === '*' && sql[at + 1] === '/') return 2;
  if (sql[at] !== '/' || sql[at + 1] !== '*') return null;
  if (sql[at + 2] === '!') return 3 + (match(/\d*/y, sql, at + 3) ?? 0);
  const end = sql.indexOf('*/', at + 2);
  return end === -1 ? sql.length - at : end + 2 - at;
}

function readWord(sql: string, at: number): SqlWord {
  const character = sql[at] ?? '';
  const isEscaped = /[eE]/.test(character) && sql[at + 1] === "'";
  if (character === "'" || isEscaped) return quoted(sql, at, isEscaped ? 2 : 1, "'", 'string');
  if (character === '"' || character === '`') return quoted(sql, at, 1, character, 'identifier');
  if (character === '[') return quoted(sql, at, 1, ']', 'identifier');
  const dollar = match(DOLLAR, sql, at);
  if (dollar !== null) {
    const close = sql.indexOf(sql.slice(at, at + dollar), at + dollar);
    const stop = close === -1 ? sql.length : close;
    return {
      kind: 'string',
      text: sql.slice(at + dollar, stop),
      start: at,
      end: Math.min(sql.length, stop + dollar),
    };
  }
  const word = match(WORD, sql, at);
  if (word !== null)
    return { kind: 'word', text: sql.slice(at, at + word).toUpperCase(), start: at, end: at + word };
  const mark = match(MARK, sql, at) ?? 1;
  return { kind: 'mark', text: sql.slice(at, at + mark), start: at, end: at + mark };
}

function quoted(sql: string, at: number, opening: number, close: string, kind: SqlWord['kind']): SqlWord {
  let text = '';
  let end = at + opening;
  for (; end < sql.length; end++) {
    const character = sql[end] ?? '';
    if (character === '\\' && kind === 'string' && end + 1 < sql.length) {
      end++;
      text += sql[end] ?? '';
    } else if (character === close) {
      if (sql[end + 1] !== close) break;
      text += character;
      end++;
    } else text += character;
  }
  return { kind, text, start: at, end: Math.min(sql.length, end + 1) };
}

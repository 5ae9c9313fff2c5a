/** A statement of an env file with its line, counted from 1. */
export interface Statement {
  readonly name: string;
  /** What stands for its value, without quotes and with variables unfilled; null of a name alone. */
  readonly raw: string | null;
  readonly quote: '' | '"' | "'";
  readonly line: number;
  /** Where its value stands in the text, with its quotes. */
  readonly from: number;
  readonly to: number;
}

/** A variable that an env file sets, as long as nothing is filled in. */
export interface Assignment extends Statement {
  readonly value: string;
}

export interface EnvFile {
  readonly statements: readonly Statement[];
  /** The first line that Compose does not take, for which it refuses the file; null where there is none. */
  readonly broken: number | null;
}

/** `NAME=VALUE`, `NAME: VALUE` and `NAME`, with `export`, comments and quotes as Compose reads them. */
export function readEnvFile(text: string): EnvFile {
  const statements: Statement[] = [];
  let broken: number | null = null;
  let at = text.startsWith('\uFEFF') ? 1 : 0;
  let [line, counted] = [1, 0];
  const lineAt = (offset: number): number => {
    for (; counted < offset; counted++) if (text[counted] === '\n') line += 1;
    return line;
  };
  for (;;) {
    at = matched(BLANK, text, at);
    if (at >= text.length) return { statements, broken };
    const here = lineAt(at);
    KEY.lastIndex = at;
    const [head, name, sign] = KEY.exec(text) ?? [];
    if (head === undefined || name === undefined) {
      broken ??= here;
      at = lineEnd(text, at);
      continue;
    }
    const from = at + head.length;
    if (sign !== '=' && sign !== ':') {
      statements.push({ name, raw: null, quote: '', line: here, from, to: from });
      at = from;
      continue;
    }
    const value = valueAt(text, from);
    if (!value.closed) broken ??= here;
    statements.push({ name, raw: value.raw, quote: value.quote, line: here, from, to: value.to });
    at = value.next;
  }
}

/** Blanks, line breaks and whole-line comments. */
const BLANK = /(?:\s|#[^\n]*)*/y;
const KEY = /(?:export[^\S\n]+)?([\p{L}\p{N}_.[\]-]+)[^\S\n]*(?:([=:])[^\S\n]*|(?=\n|$))/uy;

function matched(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at;
  return at + (pattern.exec(text)?.[0].length ?? 0);
}

function lineEnd(text: string, at: number): number {
  const end = text.indexOf('\n', at);
  return end < 0 ? text.length : end;
}

interface Written extends Pick<Statement, 'quote' | 'to'> {
  readonly raw: string;
  readonly next: number;
  readonly closed: boolean;
}

function valueAt(text: string, from: number): Written {
  const quote = text[from];
  if (quote !== '"' && quote !== "'") {
    const next = lineEnd(text, from);
    const raw = (text.slice(from, next).split(' #', 1)[0] ?? '').trimEnd();
    return { raw, quote: '', to: from + raw.length, next, closed: true };
  }
  for (let at = from + 1; at < text.length; at++) {
    if (text[at] === '\\') at += 1;
    else if (text[at] === quote)
      return {
        raw: unquoted(text.slice(from + 1, at), quote),
        quote,
        to: at + 1,
        next: at + 1,
        closed: true,
      };
  }
  return { raw: text.slice(from + 1), quote, to: text.length, next: text.length, closed: false };
}

/** Within quotes CRLF is a line break, and a backslash before the same quote says that it does not end them. */
const unquoted = (text: string, quote: string): string =>
  text
    .replaceAll('\r\n', '\n')
    .replaceAll(/\\(.)/gs, (both, after: string) => (after === quote ? after : both));

const ESCAPES: Readonly<Record<string, string>> = {
  a: '\u0007', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v', '"': '"', '\\': '\\', $: '$$',
}; // prettier-ignore

/** What double quotes mean beside variables; `\$` becomes `$$`, which is a dollar where variables are filled in. */
export const unescaped = ({ raw, quote }: Statement): string =>
  quote === '"'
    ? (raw ?? '').replaceAll(/\\(?:0([0-7]{3})|([abfnrtv$"\\]))/g, (_, octal?: string, one?: string) =>
        octal === undefined ? (ESCAPES[one ?? ''] ?? '') : String.fromCharCode(Number.parseInt(octal, 8)),
      )
    : (raw ?? '');

/** What sets each name last, with nothing filled in. */
export function parseEnvFile(text: string): Map<string, Assignment> {
  const set = readEnvFile(text).statements.filter(({ raw }) => raw !== null);
  return new Map(set.map((one) => [one.name, { ...one, value: unescaped(one).replaceAll('$$', '$') }]));
}

const SETTINGS = /^COMPOSE_(PROFILES|PROJECT_NAME|FILE|PATH_SEPARATOR)$/;

/** What an env file says to Compose itself, as it is written; null of what is made of other variables. */
export function composeSettings(text: string): Map<string, string | null> {
  return new Map(
    readEnvFile(text)
      .statements.filter(({ name }) => SETTINGS.test(name))
      .map(({ name, raw, quote }) => {
        const isLiteral = raw !== null && (quote === "'" || !/[$\\]/.test(raw));
        return [name, isLiteral ? raw : null];
      }),
  );
}

/** Docker's own format, in which nothing but `NAME=VALUE` and `NAME` means anything. */
export function readRawEnvFile(text: string): EnvFile {
  const statements: Statement[] = [];
  let broken: number | null = null;
  for (const [index, whole] of text
    .replace(/^\uFEFF/, '')
    .split('\n')
    .entries()) {
    const line = whole.replace(/\r$/, '').replace(/^[ \t]+/, '');
    if (line === '' || line.startsWith('#')) continue;
    const [, name = '', value] = /^([^=]*)(?:=(.*))?$/.exec(line) ?? [];
    const place = { quote: "'", line: index + 1, from: 0, to: 0 } as const;
    if (name === '' || /\s/.test(name)) broken ??= index + 1;
    else statements.push({ name, raw: value ?? null, ...place });
  }
  return { statements, broken };
}

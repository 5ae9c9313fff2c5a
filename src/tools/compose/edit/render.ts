import { isMisread } from '../document/misread.ts';
import type { Atom, Plain } from '../document/value.ts';
import { refused } from './primitive.ts';
import type { Quote, Style } from './style.ts';

const SPECIAL = /[\u0000-\u001F\u007F-\u009F\u2028\u2029\uFEFF\uFFFE\uFFFF\uD800-\uDFFF]/;

/** Whether a text read without quotes is that text to every reader. */
function isPlain(text: string, inFlow: boolean): boolean {
  if (!/^[A-Za-z0-9_./$~+(\u00C0-\uD7FF]/.test(text) || /\s$/.test(text)) return false;
  if (/: |:$| #/.test(text) || text.startsWith('---') || text.startsWith('...')) return false;
  if (inFlow && /[,[\]{}]|:/.test(text)) return false;
  return !isMisread(text);
}

/** One scalar on one line. */
export function scalar(value: Atom, quote: Quote, style: Style, inFlow = false): string {
  if (value === null) return 'null';
  if (typeof value !== 'string') {
    if (typeof value === 'number' && !Number.isFinite(value)) throw refused(`${value} is no number to write`);
    return String(value);
  }
  if (/[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/.test(value))
    throw refused('a text with half a character in it');
  const astral = value.replaceAll(/[\uD800-\uDBFF][\uDC00-\uDFFF]/g, '');
  if (SPECIAL.test(astral)) return doubled(value);
  if (quote === 'plain' && isPlain(value, inFlow)) return value;
  const quotes = quote === 'plain' ? style.quote : quote;
  if (quotes === 'single') return `'${value.replaceAll("'", "''")}'`;
  return doubled(value);
}

/** In double quotes, which alone can say every character. */
const doubled = (value: string): string =>
  JSON.stringify(value).replaceAll(
    /[\u007F-\u009F\u2028\u2029\uFEFF\uFFFE\uFFFF]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );

export interface Quotes {
  readonly keys: Quote;
  readonly values: Quote;
}

/** A value within brackets, on one line. */
export function flow(value: Plain, quotes: Quotes, style: Style): string {
  if (Array.isArray(value)) return `[${value.map((one) => flow(one, quotes, style)).join(', ')}]`;
  if (!(value instanceof Map)) return scalar(value, quotes.values, style, true);
  return `{${[...value].map(([key, one]) => flowEntry(key, one, quotes, style)).join(', ')}}`;
}

export const flowEntry = (key: string, value: Plain, quotes: Quotes, style: Style): string =>
  `${scalar(key, quotes.keys, style, true)}: ${flow(value, quotes, style)}`;

const isNested = (value: Plain): value is Plain[] | Map<string, Plain> =>
  (Array.isArray(value) && value.length > 0) || (value instanceof Map && value.size > 0);

/** The lines of a mapping's entry whose key stands at a column. */
export function entryLines(
  key: string,
  value: Plain,
  column: number,
  quotes: Quotes,
  style: Style,
): string[] {
  const head = `${' '.repeat(column)}${scalar(key, quotes.keys, style)}:`;
  if (value === null) return [head];
  if (isNested(value)) return [head, ...nestedLines(value, column, style)];
  return [`${head} ${flowOrScalar(value, quotes, style)}`];
}

/** The lines of a collection below a key that stands at a column. */
export function nestedLines(value: Plain[] | Map<string, Plain>, column: number, style: Style): string[] {
  const quotes: Quotes = { keys: 'plain', values: 'plain' };
  if (Array.isArray(value)) return value.flatMap((one) => itemLines(one, column + style.dash, quotes, style));
  return [...value].flatMap(([name, one]) => entryLines(name, one, column + style.step, quotes, style));
}

/** The lines of a sequence's item whose dash stands at a column. */
export function itemLines(value: Plain, column: number, quotes: Quotes, style: Style): string[] {
  const dash = `${' '.repeat(column)}- `;
  if (!(value instanceof Map) || value.size === 0) return [`${dash}${flowOrScalar(value, quotes, style)}`];
  const lines = [...value].flatMap(([key, one]) => entryLines(key, one, column + 2, quotes, style));
  return [`${dash}${(lines[0] ?? '').trimStart()}`, ...lines.slice(1)];
}

const flowOrScalar = (value: Plain, quotes: Quotes, style: Style): string =>
  Array.isArray(value) || value instanceof Map
    ? flow(value, quotes, style)
    : scalar(value, quotes.values, style);

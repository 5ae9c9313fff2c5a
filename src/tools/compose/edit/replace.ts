import { type Node, type Pair, type YAMLMap, type YAMLSeq, isCollection, isScalar } from 'yaml';
import { hasComment } from '../document/comments.ts';
import type { Plain } from '../document/value.ts';
import { type Insertion, columnOf } from './insert.ts';
import { contentEnd, dashOf, itemStart, lineEnd, propertiesEnd } from './places.ts';
import { refused } from './primitive.ts';
import { flow, itemLines, nestedLines, scalar } from './render.ts';
import type { Splice } from './places.ts';
import { type Quote, quotesIn } from './style.ts';

type Collection = Plain[] | Map<string, Plain>;

const isFilled = (value: Plain): value is Collection =>
  (Array.isArray(value) && value.length > 0) || (value instanceof Map && value.size > 0);

/** The quotes that a value has, for the one that comes in its place. */
function quoteOf(node: Node | null, siblings: YAMLMap | YAMLSeq): Quote {
  if (isScalar(node) && node.type === 'QUOTE_SINGLE') return 'single';
  if (isScalar(node) && node.type === 'QUOTE_DOUBLE') return 'double';
  return isScalar(node) && typeof node.value === 'string' ? 'plain' : quotesIn(siblings);
}

/** Another value for a key. */
export function replaceValue(
  map: YAMLMap,
  pair: Pair<Node, Node | null>,
  value: Plain,
  write: Insertion,
): Splice {
  const { text, style } = write;
  const node = pair.value;
  const head = propertiesEnd(pair);
  if (text[pair.key.range?.[1] ?? 0] !== ':' && !text.slice(pair.key.range?.[1] ?? 0, head).includes(':'))
    throw refused(`${text.slice(...(pair.key.range ?? [0, 0]))} has no colon`);
  const isThere = node !== null && contentEnd(node) > (node.range?.[0] ?? 0);
  const from = isThere ? (node.range?.[0] ?? head) : head;
  const to = isThere ? contentEnd(node) : head;
  if (isCollection(node) || isFilled(value)) refuseComments(text, head, to);
  const quotes = { keys: quotesIn(map, 'keys'), values: quoteOf(node, map) };
  if (isFilled(value) && map.flow !== true) {
    const lines = nestedLines(value, columnOf(text, pair.key.range?.[0] ?? 0), style);
    const end = lineEnd(text, to);
    const rest = text[to - 1] === '\n' ? '' : text.slice(to, end);
    const stop = text[to - 1] === '\n' ? to : end;
    const tail = text[to - 1] === '\n' ? style.eol : '';
    return { from: head, to: stop, text: `${rest.trimEnd()}${style.eol}${lines.join(style.eol)}${tail}` };
  }
  const shown =
    Array.isArray(value) || value instanceof Map || map.flow === true
      ? flow(value, quotes, style)
      : scalar(value, quotes.values, style);
  if (isThere && !isBlockCollection(node))
    return { from, to, text: withBreak(text, from, to, shown, style.eol) };
  return { from: head, to, text: ` ${shown}` };
}

const isBlockCollection = (node: Node | null): boolean => isCollection(node) && node.flow !== true;

/** A block scalar ends with its line's break, which what comes in its place needs too. */
function withBreak(text: string, from: number, to: number, shown: string, eol: string): string {
  const blocked = /^[|>]/.test(text.slice(from, from + 1)) && text[to - 1] === '\n';
  if (blocked && text.slice(from, lineEnd(text, from)).includes('#'))
    throw refused('a comment stands behind the | or > of the text');
  return blocked ? shown + eol : shown;
}

/** Another value for a list's item. */
export function replaceItem(
  list: YAMLSeq,
  index: number,
  node: Node | null,
  value: Plain,
  { text, style }: Insertion,
): Splice {
  const quotes = { keys: 'plain', values: quoteOf(node, list) } as const;
  const from = node?.range?.[0] ?? itemStart(list, index);
  const to = Math.max(from, contentEnd(node));
  if (to === from) throw refused('the item is empty');
  if (isCollection(node)) refuseComments(text, from, to);
  const dash = dashOf(list, index);
  if (dash === null) return { from, to, text: flow(value, quotes, style) };
  const lines = itemLines(value, columnOf(text, dash), quotes, style);
  const first = (lines[0] ?? '').trimStart().slice(2);
  const shown = [first, ...lines.slice(1)].join(style.eol);
  return { from, to, text: withBreak(text, from, to, shown, style.eol) };
}

function refuseComments(text: string, from: number, to: number): void {
  if (hasComment(text, from, to))
    throw refused('comments stand in what would be replaced; change its parts one by one');
}

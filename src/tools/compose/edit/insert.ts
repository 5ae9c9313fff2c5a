import type { Node, Pair, YAMLMap, YAMLSeq } from 'yaml';
import { hasComment } from '../document/comments.ts';
import type { Plain } from '../document/value.ts';
import { afterLine, contentEnd, itemStart, lineStart } from './places.ts';
import { refused } from './primitive.ts';
import { entryLines, flow, flowEntry, itemLines } from './render.ts';
import type { Splice } from './places.ts';
import { type Style, quotesIn } from './style.ts';

/** A text, and how what is written into it looks. */
export interface Insertion {
  readonly text: string;
  readonly style: Style;
}

/** Whole lines put in at the beginning of a line; a file without a last line break stays without. */
export function linesAt(text: string, offset: number, lines: readonly string[], eol: string): Splice {
  const open = offset === text.length && offset > 0 && text[offset - 1] !== '\n' && text !== '\uFEFF';
  const joined = lines.join(eol);
  return { from: offset, to: offset, text: open ? eol + joined : joined + eol };
}

export function intoEmptyFile(value: Map<string, Plain>, { text, style }: Insertion): Splice {
  const quotes = { keys: 'plain', values: 'plain' } as const;
  const lines = [...value].flatMap(([key, one]) => entryLines(key, one, 0, quotes, style));
  return linesAt(text, text.length, lines, style.eol);
}

/** A new entry after a mapping's last. */
export function intoMap(node: YAMLMap, key: string, value: Plain, { text, style }: Insertion): Splice {
  const quotes = { keys: quotesIn(node, 'keys'), values: quotesIn(node) };
  if (node.flow === true) return intoFlow(node, flowEntry(key, value, quotes, style), text);
  const column = columnOf(text, itemStart(node, 0));
  const lines = entryLines(key, value, column, quotes, style);
  const apart = isApart(node, text) && lines.length > 1;
  return linesAt(text, afterLine(text, contentEnd(node)), apart ? ['', ...lines] : lines, style.eol);
}

/** A new item after a list's last. */
export function intoSequence(node: YAMLSeq, value: Plain, { text, style }: Insertion): Splice {
  const quotes = { keys: quotesIn(node, 'keys'), values: quotesIn(node) };
  if (node.flow === true) return intoFlow(node, flow(value, quotes, style), text);
  const column = columnOf(text, itemStart(node, 0));
  return linesAt(text, afterLine(text, contentEnd(node)), itemLines(value, column, quotes, style), style.eol);
}

export const columnOf = (text: string, offset: number): number => offset - lineStart(text, offset);

/** Whether a blank line stands between the last two entries. */
function isApart(node: YAMLMap, text: string): boolean {
  const before = node.items.at(-2) as Pair<Node, Node | null> | undefined;
  if (before === undefined) return false;
  return /\n[ \t]*\r?\n/.test(text.slice(contentEnd(before), itemStart(node, node.items.length - 1)));
}

/** A new part within brackets: after the last, set apart as the last is. */
function intoFlow(node: YAMLMap | YAMLSeq, part: string, text: string): Splice {
  const [open, close] = [(node.range?.[0] ?? 0) + 1, (node.range?.[1] ?? 0) - 1];
  const last = node.items.at(-1) as Node | Pair<Node, Node | null> | null | undefined;
  if (last === undefined || last === null) {
    if (hasComment(text, open, close)) throw refused('a comment stands between empty brackets');
    return { from: open, to: close, text: part };
  }
  const end = contentEnd(last);
  if (hasComment(text, end, close)) throw refused('a comment stands before the closing bracket');
  const start = itemStart(node, node.items.length - 1);
  const before = text.slice(open, start);
  const blank = /[ \t\r\n]*$/.exec(before)?.[0] ?? '';
  const apart = node.items.length > 1 || blank.includes('\n') ? blank : ' ';
  const trailing = /^[ \t\r\n]*,/.exec(text.slice(end, close))?.[0].length ?? 0;
  if (trailing > 0) return { from: end + trailing, to: end + trailing, text: `${apart}${part},` };
  return { from: end, to: end, text: `,${apart}${part}` };
}

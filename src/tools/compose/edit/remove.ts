import { type Node, type Pair, type YAMLMap, type YAMLSeq, isMap } from 'yaml';
import { hasComment } from '../document/comments.ts';
import type { Insertion } from './insert.ts';
import { afterLine, contentEnd, itemStart, lineStart } from './places.ts';
import { refused } from './primitive.ts';
import type { Splice } from './places.ts';

type Part = Node | Pair<Node, Node | null> | null;

/** Takes one item out, with its lines where it has lines of its own. */
export function cutItem(node: YAMLMap | YAMLSeq, index: number, { text }: Insertion): Splice {
  const start = itemStart(node, index);
  const end = contentEnd(node.items[index] as Part);
  return node.flow === true ? cutFlow(node, index, text) : cutLines(node, index, start, end, text);
}

function cutLines(node: YAMLMap | YAMLSeq, index: number, start: number, end: number, text: string): Splice {
  const line = lineStart(text, start);
  if (text.slice(line, start).trim() === '') {
    const to = afterLine(text, Math.max(end, start));
    // The last line of a file without a last line break takes the break before it along.
    if (to === text.length && text[to - 1] !== '\n' && line > 1)
      return { from: line - (text[line - 2] === '\r' ? 2 : 1), to, text: '' };
    return { from: line, to, text: '' };
  }
  if (!isMap(node) || index + 1 >= node.items.length) throw refused('it shares its line with something else');
  const next = itemStart(node, index + 1);
  if (text.slice(line, start).includes('?')) throw refused('its key is an explicit one (? KEY)');
  if (hasComment(text, start, next)) throw refused('a comment stands between it and what follows');
  return { from: start, to: next, text: '' };
}

function cutFlow(node: YAMLMap | YAMLSeq, index: number, text: string): Splice {
  const end = contentEnd(node.items[index] as Part);
  const start = itemStart(node, index);
  const [from, to] =
    index + 1 < node.items.length
      ? [start, itemStart(node, index + 1)]
      : index > 0
        ? [contentEnd(node.items[index - 1] as Part), end]
        : [(node.range?.[0] ?? 0) + 1, (node.range?.[1] ?? 0) - 1];
  if (hasComment(text, from, to)) throw refused('a comment stands in the brackets beside it');
  return { from, to, text: '' };
}

/** A block collection without its only item, which has to be written as empty brackets. */
export function emptied(node: YAMLMap | YAMLSeq, { text }: Insertion): Splice {
  const from = node.range?.[0] ?? 0;
  const to = contentEnd(node);
  if (hasComment(text, from, to)) throw refused('comments stand in what would be removed');
  const last = text.slice(to - 2, to);
  const end = to - (last === '\r\n' ? 2 : last.endsWith('\n') ? 1 : 0);
  return { from, to: end, text: isMap(node) ? '{}' : '[]' };
}

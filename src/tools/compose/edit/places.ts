import {
  type CST,
  type Node,
  type Pair,
  type YAMLMap,
  type YAMLSeq,
  isCollection,
  isMap,
  isPair,
} from 'yaml';

/** Characters that go and what comes in their place; everything before and after keeps its bytes. */
export interface Splice {
  readonly from: number;
  readonly to: number;
  readonly text: string;
}

/** The beginning of the line that a place lies in; the byte order mark is no part of it. */
export function lineStart(text: string, offset: number): number {
  const start = text.lastIndexOf('\n', offset - 1) + 1;
  return start === 0 && text.startsWith('\uFEFF') ? 1 : start;
}

/** The first place after the line in which something ends; a block scalar ends with its line already. */
export function afterLine(text: string, offset: number): number {
  if (offset > 0 && text[offset - 1] === '\n') return offset;
  const end = text.indexOf('\n', offset);
  return end < 0 ? text.length : end + 1;
}

/** Where the line ends that a place lies in, before its line break. */
export function lineEnd(text: string, offset: number): number {
  const end = text.indexOf('\n', offset);
  if (end < 0) return text.length;
  return end > 0 && text[end - 1] === '\r' ? end - 1 : end;
}

/** Where the last token of a node ends; comments and blank lines below it are none of it. */
export function contentEnd(node: Node | Pair<Node, Node | null> | null): number {
  if (node === null) return 0;
  if (isPair(node)) {
    return Math.max(node.value === null ? 0 : contentEnd(node.value), propertiesEnd(node));
  }
  if (isCollection(node) && node.flow !== true) {
    const last = node.items.at(-1) as Node | Pair<Node, Node | null> | null | undefined;
    if (last !== undefined && last !== null) return contentEnd(last);
  }
  return node.range?.[1] ?? 0;
}

/** The tokens between a key and its value. */
export function separators(pair: Pair<Node, Node | null>): readonly CST.SourceToken[] {
  return pair.srcToken?.sep ?? [];
}

/** The end of a key with its colon, and the anchor and tag of its value. */
export function propertiesEnd(pair: Pair<Node, Node | null>): number {
  const last = separators(pair).findLast(({ type }) => ['map-value-ind', 'anchor', 'tag'].includes(type));
  return last === undefined ? (pair.key.range?.[1] ?? 0) : last.offset + last.source.length;
}

/** Where the dash of a block sequence's item stands; null in a flow sequence. */
export function dashOf(node: YAMLSeq, index: number): number | null {
  const token = node.srcToken;
  if (token?.type !== 'block-seq') return null;
  return token.items[index]?.start.find(({ type }) => type === 'seq-item-ind')?.offset ?? null;
}

/** Where a collection's item begins: its key, its dash, or itself in a flow sequence. */
export function itemStart(collection: YAMLMap | YAMLSeq, index: number): number {
  if (isMap(collection)) return (collection.items[index]?.key as Node | undefined)?.range?.[0] ?? 0;
  return dashOf(collection, index) ?? (collection.items[index] as Node | null)?.range?.[0] ?? 0;
}

import { isCollection, isMap, isScalar, isSeq, visit, type Node } from 'yaml';
import type { Parsed, Source } from '../document/source.ts';
import { dashOf, lineStart } from './places.ts';

export type Quote = 'plain' | 'single' | 'double';

/** How a file is written, so that what is added looks like what surrounds it. */
export interface Style {
  readonly eol: string;
  /** Blanks that a nested mapping stands further in. */
  readonly step: number;
  /** Blanks that a sequence's dashes stand further in than its key; some files use none. */
  readonly dash: number;
  /** The quotes used where some are needed. */
  readonly quote: 'single' | 'double';
}

export function styleOf(document: Parsed, { text }: Source): Style {
  let step: number | null = null;
  let dash: number | null = null;
  let single = 0;
  let double = 0;
  const column = (offset: number): number => offset - lineStart(text, offset);
  visit(document, {
    Pair(_, { key, value }) {
      const from = isScalar(key) ? column(key.range?.[0] ?? 0) : null;
      if (from === null) return;
      if (isMap(value) && value.flow !== true && step === null) {
        const first = value.items[0]?.key;
        const inner = isScalar(first) ? column(first.range?.[0] ?? 0) - from : 0;
        if (inner > 0) step = inner;
      }
      if (isSeq(value) && value.flow !== true && dash === null && value.items.length > 0) {
        const at = dashOf(value, 0);
        if (at !== null) dash = column(at) - from;
      }
    },
    Scalar(_, node) {
      if (node.type === 'QUOTE_SINGLE') single += 1;
      if (node.type === 'QUOTE_DOUBLE') double += 1;
    },
  });
  const indent = step ?? 2;
  return {
    eol: text.includes('\r\n') ? '\r\n' : '\n',
    step: indent,
    dash: dash ?? indent,
    quote: single > double ? 'single' : 'double',
  };
}

/** The quotes around the texts of a collection, where all of them have some. */
export function quotesIn(node: Node | null, of: 'values' | 'keys' = 'values'): Quote {
  if (!isCollection(node)) return 'plain';
  const parts = isMap(node) ? node.items.map((pair) => (of === 'keys' ? pair.key : pair.value)) : node.items;
  const texts = parts.filter((part) => isScalar(part) && typeof part.value === 'string');
  const types = new Set(texts.map((part) => (isScalar(part) ? part.type : undefined)));
  if (types.size === 0 || types.has('PLAIN')) return 'plain';
  if ([...types].every((type) => type === 'QUOTE_SINGLE')) return 'single';
  return types.has('QUOTE_DOUBLE') ? 'double' : 'plain';
}

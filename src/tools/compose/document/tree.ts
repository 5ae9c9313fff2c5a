import {
  type Node,
  type Pair,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  visit,
  type Alias,
  type YAMLMap,
  type YAMLSeq,
} from 'yaml';
import { HomeostatError } from '../../../core/errors.ts';
import type { Parsed, Source } from './source.ts';
import type { Atom, Entry, Mapping, Place, Value } from './value.ts';

/** Values that a document may stand for once aliases are followed: a few lines can stand for billions. */
const MOST_VALUES = 50_000;
const DEEPEST = 100;

export const MERGE = '<<';

/** A document's value; every alias and merge key is followed, and nothing is shared in what is returned. */
export function treeOf(document: Parsed, source: Source): Value {
  return new Tree(document, source).of(document.contents, 0);
}

/** A key's text, which is what Compose goes by; undefined of a key that is no scalar. */
export function keyText(key: unknown): string | undefined {
  if (!isScalar(key)) return undefined;
  return typeof key.value === 'string' ? key.value : (key.source ?? String(key.value));
}

export const isMergeKey = (key: unknown): boolean =>
  isScalar(key) && key.value === MERGE && key.type === 'PLAIN';

class Tree {
  #values = 0;
  readonly #targets: ReadonlyMap<Alias, Node>;
  readonly #source: Source;

  constructor(document: Parsed, source: Source) {
    this.#targets = targetsIn(document);
    this.#source = source;
  }

  of(node: Node | null, depth: number): Value {
    this.#values += 1;
    if (this.#values > MOST_VALUES || depth > DEEPEST)
      throw new HomeostatError(
        'too_large',
        `${this.#source.file} stands for over ${MOST_VALUES} values, or ${DEEPEST} levels, with its aliases`,
      );
    if (isAlias(node)) return this.of(this.#target(node), depth + 1);
    if (isMap(node)) return this.#map(node, depth);
    if (isSeq(node)) return this.#list(node, depth);
    return {
      kind: 'scalar',
      value: atomOf(node),
      source: isScalar(node) ? (node.source ?? '') : '',
      quoted: isScalar(node) && node.type !== 'PLAIN' && node.type !== undefined,
      tag: node?.tag ?? null,
      place: this.#place(node),
    };
  }

  #list(node: YAMLSeq, depth: number): Value {
    return {
      kind: 'list',
      items: node.items.map((item) => this.of(item as Node | null, depth + 1)),
      tag: node.tag ?? null,
      place: this.#place(node),
    };
  }

  #map(node: YAMLMap, depth: number): Mapping {
    const own = new Map<string, Entry>();
    const merged = new Map<string, Entry>();
    for (const pair of node.items as Pair<Node, Node | null>[]) {
      if (isMergeKey(pair.key)) {
        for (const [name, entry] of this.#mergedFrom(pair.value, depth))
          if (!merged.has(name)) merged.set(name, entry);
        continue;
      }
      const name = keyText(pair.key);
      const place = this.#place(pair.key, pair.key);
      if (name === undefined)
        throw new HomeostatError(
          'unreadable_yaml',
          `${place.file}:${place.line}:${place.column}: a key that is no text`,
        );
      own.set(name, { value: this.of(pair.value ?? null, depth + 1), place, merged: null });
    }
    for (const [name, entry] of merged) if (!own.has(name)) own.set(name, entry);
    return { kind: 'map', entries: own, tag: node.tag ?? null, place: this.#place(node) };
  }

  /** The entries that a merge key brings, those of the first source first. */
  #mergedFrom(node: Node | null, depth: number): [string, Entry][] {
    const sources = isSeq(node) ? (node.items as Node[]) : [node];
    return sources.flatMap((one) => {
      const value = this.of(one, depth + 1);
      const anchor = isAlias(one) ? one.source : MERGE;
      if (value.kind !== 'map') {
        const { file, line, column } = this.#place(one);
        throw new HomeostatError(
          'unreadable_yaml',
          `${file}:${line}:${column}: << merges what is no mapping`,
        );
      }
      return [...value.entries].map(([name, entry]): [string, Entry] => [name, { ...entry, merged: anchor }]);
    });
  }

  #target(node: Alias): Node {
    const target = this.#targets.get(node);
    if (target !== undefined) return target;
    throw new HomeostatError('unreadable_yaml', `${this.#source.file}: no anchor ${node.source}`);
  }

  #place(node: Node | null, key?: Node): Place {
    const at = (node ?? key)?.range?.[0] ?? 0;
    const { line, col } = this.#source.lines.linePos(at);
    const marked = line === 1 && this.#source.text.startsWith('\uFEFF') ? 1 : 0;
    return { file: this.#source.file, line: Math.max(1, line), column: Math.max(1, col - marked) };
  }
}

/** What every alias stands for, found in one pass: the parser's own way looks through the document for each. */
function targetsIn(document: Parsed): Map<Alias, Node> {
  const anchors = new Map<string, Node>();
  const targets = new Map<Alias, Node>();
  visit(document, {
    Node(_, node) {
      if (isAlias(node)) {
        const target = anchors.get(node.source);
        if (target !== undefined) targets.set(node, target);
      } else if (node.anchor !== undefined) anchors.set(node.anchor, node);
    },
  });
  return targets;
}

function atomOf(node: Node | null): Atom {
  const value = isScalar(node) ? node.value : null;
  switch (typeof value) {
    case 'number':
      return numberOf(value, isScalar(node) ? (node.source ?? '') : '');
    case 'string':
    case 'bigint':
    case 'boolean':
      return value;
    default:
      // Dates and bytes of YAML 1.1 are told by how they are written.
      return value === null || !isScalar(node) ? null : (node.source ?? null);
  }
}

/** As Compose reads it: with a zero before it an integer is octal, and none is rounded. */
function numberOf(value: number, source: string): number | bigint {
  if (/^[-+]?0[0-7]+$/.test(source)) return Number.parseInt(source, 8);
  return /^[-+]?\d+$/.test(source) && !Number.isSafeInteger(value) ? BigInt(source) : value;
}

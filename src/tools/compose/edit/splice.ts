import { type Node, type Pair, type YAMLMap, type YAMLSeq, isAlias, isMap, isScalar, isSeq } from 'yaml';
import type { Parsed, Source } from '../document/source.ts';
import { isMergeKey, keyText } from '../document/tree.ts';
import { type Path, type Plain, type Value, shownAs, valueAt } from '../document/value.ts';
import { type Insertion, intoEmptyFile, intoMap, intoSequence } from './insert.ts';
import { type Primitive, refused } from './primitive.ts';
import type { Splice } from './places.ts';
import { cutItem, emptied } from './remove.ts';
import { replaceItem, replaceValue } from './replace.ts';
import { styleOf } from './style.ts';

export interface Worked {
  readonly splice: Splice;
  /** What whoever asked should know, such as that a value came by a merge key until now. */
  readonly note: string | null;
}

type OwnPair = Pair<Node, Node | null>;

/** Works out the splice for one change; throws `edit_refused` where the bytes around it could not stay. */
export function spliceFor(document: Parsed, source: Source, tree: Value, primitive: Primitive): Worked {
  const write: Insertion = { text: source.text, style: styleOf(document, source) };
  const { path } = primitive;
  let node: Node | null = document.contents;
  if (node === null || isNull(node)) return create(write, node, primitive);
  for (const [depth, key] of path.entries()) {
    const here = path.slice(0, depth);
    const last = depth === path.length - 1;
    if (isAlias(node))
      throw refused(
        `${shownAs(here)} is the alias *${node.source}: edit what stands at its anchor, or replace ${shownAs(here)} as a whole`,
      );
    if (isMap(node)) {
      const index: number = node.items.findIndex(
        (pair) => !isMergeKey(pair.key) && keyText(pair.key) === String(key),
      );
      const pair = node.items[index] as OwnPair | undefined;
      if (pair === undefined) return missing(node, path, depth, tree, primitive, write);
      if (last) refuseTag(pair.value, path, primitive);
      if (last)
        return { splice: ofPair(node, index, pair, primitive, write), note: aliasNote(pair.value, path) };
      if (pair.value === null || isNull(pair.value)) {
        if (primitive.do === 'remove') throw refused(`${shownAs(path)} is not there`);
        return {
          splice: replaceValue(node, pair, wrapped(path.slice(depth + 1), primitive), write),
          note: null,
        };
      }
      node = pair.value;
    } else if (isSeq(node)) {
      const item: Node | null | undefined =
        typeof key === 'number' ? (node.items[key] as Node | null | undefined) : undefined;
      if (item === undefined || typeof key !== 'number')
        throw refused(`${shownAs([...here, key])} is not there`);
      if (last) refuseTag(item, path, primitive);
      if (last) return { splice: ofItem(node, key, item, primitive, write), note: aliasNote(item, path) };
      node = item;
    } else {
      throw refused(`${shownAs(here)} is neither a mapping nor a list`);
    }
  }
  throw refused('the whole file cannot be replaced');
}

const isNull = (node: Node | null): boolean => isScalar(node) && node.value === null;

function create(write: Insertion, node: Node | null, primitive: Primitive): Worked {
  if (primitive.do === 'remove' || (node?.range?.[1] ?? 0) > (node?.range?.[0] ?? 0))
    throw refused('the document is empty');
  const value = wrapped(primitive.path, primitive);
  if (!(value instanceof Map)) throw refused('the document is empty');
  return { splice: intoEmptyFile(value, write), note: null };
}

function refuseTag(node: Node | null, path: Path, primitive: Primitive): void {
  if (primitive.do === 'set' && node?.tag !== undefined)
    throw refused(
      `${shownAs(path)} carries the tag ${node.tag}, which what is written in its place would keep`,
    );
}

/** A key that is not there itself: it may still come by a merge key. */
function missing(
  node: YAMLMap,
  path: Path,
  depth: number,
  tree: Value,
  primitive: Primitive,
  write: Insertion,
): Worked {
  const key = String(path[depth]);
  const parent = valueAt(tree, path.slice(0, depth));
  const merged = parent?.kind === 'map' ? (parent.entries.get(key)?.merged ?? null) : null;
  if (primitive.do === 'remove') {
    if (merged === null) throw refused(`${shownAs(path)} is not there`);
    throw refused(`${shownAs(path)} comes from &${merged} by <<, so it cannot be taken out here`);
  }
  const here = shownAs(path.slice(0, depth + 1));
  if (merged !== null && (depth < path.length - 1 || primitive.do === 'append'))
    throw refused(
      `${here} comes from &${merged} by <<: written here it would hide all of that; edit &${merged}, or set ${here} as a whole`,
    );
  const value = wrapped(path.slice(depth + 1), primitive);
  const note =
    merged === null ? null : `${here} came from &${merged} by <<; now it is written here and hides that`;
  return { splice: intoMap(node, key, value, write), note };
}

function ofPair(node: YAMLMap, index: number, pair: OwnPair, primitive: Primitive, write: Insertion): Splice {
  if (primitive.do === 'set') return replaceValue(node, pair, primitive.value, write);
  if (primitive.do === 'remove')
    return node.items.length === 1 && node.flow !== true ? emptied(node, write) : cutItem(node, index, write);
  const { value } = pair;
  if (isAlias(value))
    throw refused(`${shownAs(primitive.path)} is the alias *${value.source}: edit what stands at its anchor`);
  if (isSeq(value) && value.items.length > 0) return intoSequence(value, primitive.value, write);
  if (value === null || isNull(value) || isSeq(value))
    return replaceValue(node, pair, [primitive.value], write);
  throw refused(`${shownAs(primitive.path)} is no list`);
}

function ofItem(
  node: YAMLSeq,
  index: number,
  item: Node | null,
  primitive: Primitive,
  write: Insertion,
): Splice {
  if (primitive.do === 'set') return replaceItem(node, index, item, primitive.value, write);
  if (primitive.do === 'append') throw refused('lists within lists are not edited');
  return node.items.length === 1 && node.flow !== true ? emptied(node, write) : cutItem(node, index, write);
}

const aliasNote = (node: Node | null, path: Path): string | null =>
  isAlias(node) ? `${shownAs(path)} was the alias *${node.source}` : null;

/** The value that has to be written where a path ends too early. */
function wrapped(rest: Path, primitive: Primitive): Plain {
  const inner: Plain =
    primitive.do === 'append' ? [primitive.value] : primitive.do === 'set' ? primitive.value : null;
  return rest.reduceRight<Plain>((value, key) => new Map([[String(key), value]]), inner);
}

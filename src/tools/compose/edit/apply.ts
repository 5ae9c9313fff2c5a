import type { Value } from '../document/value.ts';
import { difference, plainOf, shownAs } from '../document/value.ts';
import { type Source, parseSource } from '../document/source.ts';
import { treeOf } from '../document/tree.ts';
import { HomeostatError } from '../../../core/errors.ts';
import { type Primitive, intended, refused } from './primitive.ts';
import type { Splice } from './places.ts';
import { spliceFor } from './splice.ts';

/** Characters that may be parsed for one call: each change is parsed anew to see that it did what it should. */
const MOST_PARSED = 33_554_432;

/** A file in the middle of being edited: every change is looked at before the next. */
export interface Draft {
  readonly source: Source;
  /** Which of the file's documents is edited. */
  readonly document: number;
  readonly tree: Value;
  readonly notes: readonly string[];
  readonly splices: readonly Splice[];
  readonly parsed: number;
}

export function openDraft(text: string, file: string, document: number | undefined): Draft {
  const source = parseSource(text, file);
  const count = source.documents.length;
  if (document === undefined && count > 1)
    throw refused(`${file} has ${count} documents: say by \`document\` (1 to ${count}) which one is meant`);
  const index = (document ?? 1) - 1;
  return {
    source,
    document: index,
    tree: treeAt(source, index),
    notes: [],
    splices: [],
    parsed: text.length,
  };
}

function treeAt(source: Source, index: number): Value {
  const document = source.documents[index];
  if (document === undefined) throw refused(`${source.file} has ${source.documents.length} documents`);
  const tree = treeOf(document, source);
  if (tree.kind === 'map' || (tree.kind === 'scalar' && tree.value === null)) return tree;
  throw refused(`${source.file} is no mapping, so it is no Compose file`);
}

/** One change: spliced in, parsed again, and held against what was intended; throws `edit_refused` where they differ. */
export function changed(draft: Draft, primitive: Primitive): Draft {
  const { source } = draft;
  const document = source.documents[draft.document];
  if (document === undefined) throw refused(`${source.file} has no such document`);
  const { splice, note } = spliceFor(document, source, draft.tree, primitive);
  const text = source.text.slice(0, splice.from) + splice.text + source.text.slice(splice.to);
  const parsed = draft.parsed + text.length;
  if (parsed > MOST_PARSED) throw refused(`too many changes for one call of a file this long; make fewer`);
  const { next, tree } = reparsed(text, draft, primitive);
  checkSame(draft, next, tree, primitive);
  return {
    ...draft,
    source: next,
    tree,
    notes: note === null ? draft.notes : [...draft.notes, note],
    splices: [...draft.splices, splice],
    parsed,
  };
}

function reparsed(
  text: string,
  { source, document }: Draft,
  { path }: Primitive,
): { next: Source; tree: Value } {
  try {
    const next = parseSource(text, source.file);
    return { next, tree: treeAt(next, document) };
  } catch (cause) {
    if (!(cause instanceof HomeostatError)) throw cause;
    throw new HomeostatError(
      'edit_refused',
      `${shownAs(path)}: the file would not be readable: ${cause.message}`,
      {
        cause,
      },
    );
  }
}

function checkSame(draft: Draft, next: Source, tree: Value, primitive: Primitive): void {
  const path = shownAs(primitive.path);
  if (next.documents.length !== Math.max(1, draft.source.documents.length))
    throw refused(`${path}: the file would have another number of documents`);
  const found = difference(intended(plainOf(draft.tree), primitive), plainOf(tree));
  if (found !== null)
    throw refused(
      `${path}: ${shownAs(found)} would change too or not be what was asked for; it may share an anchor with it`,
    );
  for (const [index] of draft.source.documents.entries()) {
    if (index === draft.document) continue;
    if (difference(plainOf(treeAt(draft.source, index)), plainOf(treeAt(next, index))) !== null)
      throw refused(`${path}: another document of the file would change`);
  }
}

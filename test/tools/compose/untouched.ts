import { diffArrays } from 'diff';
import {
  type CST,
  Composer,
  type Document,
  type Node,
  Parser,
  isCollection,
  isMap,
  isScalar,
  isSeq,
  parseDocument,
} from 'yaml';
import type { Path } from './trials.ts';

interface Span {
  readonly from: number;
  readonly to: number;
}

/** A change of the text, as a comparison of its lines alone shows it. */
interface Hunk extends Span {
  readonly text: string;
}

const lines = (text: string): string[] => text.match(/[^\n]*\n|[^\n]+$/g) ?? [];

function hunks(before: string, after: string): Hunk[] {
  const found: Hunk[] = [];
  let offset = 0;
  let open: { from: number; to: number; text: string } | null = null;
  for (const { added, removed, value } of diffArrays(lines(before), lines(after))) {
    const text = value.join('');
    if (!added && !removed) {
      if (open !== null) found.push(open);
      open = null;
      offset += text.length;
      continue;
    }
    open ??= { from: offset, to: offset, text: '' };
    if (added) open.text += text;
    else open.to = offset += text.length;
  }
  return open === null ? found : [...found, open];
}

/** A change at every place where it would be the same change: a line put in below an equal one could stand above it. */
function* slid(before: string, hunk: Hunk): Generator<Hunk> {
  yield hunk;
  if (hunk.from < hunk.to && hunk.text !== '') return;
  const changed = hunk.text || before.slice(hunk.from, hunk.to);
  const isAdded = hunk.text !== '';
  const moved = (by: number): Hunk => ({ from: hunk.from + by, to: hunk.to + by, text: isAdded ? '·' : '' });
  const { length } = changed;
  for (let by = 1; before[hunk.from - by] === changed.at(-1 - ((by - 1) % length)); by++) yield moved(-by);
  for (let by = 0; before[hunk.to + by] !== undefined && before[hunk.to + by] === changed[by % length]; by++)
    yield moved(by + 1);
}

/** A change without the characters that it begins and ends with before as after; both ways, where these overlap. */
function trimmed(before: string, { from, to, text }: Hunk): Hunk[] {
  const old = before.slice(from, to);
  const cut = (first: 'start' | 'end'): Hunk => {
    let [start, end] = [0, 0];
    const most = Math.min(old.length, text.length);
    const head = (): void => {
      while (start < most - end && old[start] === text[start]) start += 1;
    };
    const tail = (): void => {
      while (end < most - start && old.at(-1 - end) === text.at(-1 - end)) end += 1;
    };
    for (const step of first === 'start' ? [head, tail] : [tail, head]) step();
    return { from: from + start, to: to - end, text: text.slice(start, text.length - end) };
  };
  return [cut('start'), cut('end')];
}

/** Where a path's node stands, or the last one around it that is there. */
interface Found extends Span {
  readonly isThere: boolean;
  /** Of one that is not there: whether what is around it has to be written anew, as brackets and nulls have. */
  readonly isOpen: boolean;
  readonly inFlow: boolean;
}

function find(document: Document, path: Path, text: string): Found {
  let node = document.contents;
  let span: Span = { from: text.startsWith('\uFEFF') ? 1 : 0, to: text.length };
  let inFlow = false;
  for (const key of path) {
    const flow = isCollection(node) && node.flow === true;
    const pair = isMap(node)
      ? node.items.find((one) => isScalar(one.key) && one.key.value === key)
      : undefined;
    const item = isSeq(node) && typeof key === 'number' ? (node.items[key] as Node | undefined) : undefined;
    if (pair === undefined && item === undefined) {
      const isEmpty =
        node === null ||
        (isScalar(node) && node.value === null) ||
        (isCollection(node) && node.items.length === 0);
      return { ...span, isThere: false, isOpen: flow || isEmpty, inFlow };
    }
    const keyed = pair?.key as Node | undefined;
    node = (pair === undefined ? item : (pair.value as Node | null)) ?? null;
    const from = (keyed ?? node)?.range?.[0] ?? 0;
    span = { from, to: Math.max(node?.range?.[1] ?? 0, keyed?.range?.[1] ?? 0) };
    inFlow = flow;
  }
  return { ...span, isThere: true, isOpen: true, inFlow };
}

/** What may change with a node: the blanks, dashes and commas around it, and in block style the rest of its line. */
function around({ from, to, inFlow }: Found, text: string): Span {
  const before = /[\s,-]*$/.exec(text.slice(0, from))?.[0].length ?? 0;
  const rest = text.slice(to);
  const after = (inFlow ? /^[\s,]*/ : /^[^\n]*\n?/).exec(rest)?.[0].length ?? 0;
  return { from: from - before, to: to + (text[to - 1] === '\n' ? 0 : after) };
}

interface Token {
  readonly source: string;
  readonly offset: number;
}

/** A text as this test reads it by itself: its tokens, and its values as readers of both versions of YAML have them. */
export class Reading {
  readonly text: string;
  readonly #tokens: readonly unknown[];
  #document: Document | null = null;
  #marks: readonly Token[] | null = null;

  constructor(text: string) {
    this.text = text;
    this.#tokens = [...new Parser().parse(text)];
  }

  value(version: '1.1' | '1.2'): unknown {
    return this.#composed(version).toJS();
  }

  #composed(version: '1.1' | '1.2'): Document {
    const composer = new Composer({ version, merge: true, logLevel: 'silent' });
    const [document, ...more] = composer.compose(this.#tokens as Iterable<CST.Token>, true, this.text.length);
    if (document === undefined || more.length > 0 || document.errors.length > 0)
      throw new Error(`no YAML document: ${String(document?.errors[0])}`);
    return document;
  }

  get document(): Document {
    return (this.#document ??= parseDocument(this.text, { logLevel: 'silent' }));
  }

  /** Comments, anchors and tags, in their order. */
  get marks(): readonly Token[] {
    return (this.#marks ??= this.#found());
  }

  #found(): readonly Token[] {
    const found: Token[] = [];
    const walk = (value: unknown): void => {
      if (Array.isArray(value)) for (const one of value) walk(one);
      else if (typeof value === 'object' && value !== null) {
        const { type, source, offset } = value as { type?: string } & Partial<Token>;
        if (type === 'comment' || type === 'anchor' || type === 'tag')
          found.push({ source: source ?? '', offset: offset ?? 0 });
        for (const one of Object.values(value)) if (typeof one === 'object') walk(one);
      }
    };
    walk(this.#tokens);
    return found.toSorted((a, b) => a.offset - b.offset);
  }
}

/** Changes that lie outside of all nodes that an operation names, each with its line; none where all is well. */
export function strayChanges(
  { text: before, document }: Reading,
  after: string,
  touches: readonly Path[],
): string[] {
  const regions = touches.map((path) => {
    const found = find(document, path, before);
    return { ...around(found, before), onlyAdds: !found.isThere && !found.isOpen };
  });
  return hunks(before, after).flatMap((hunk) => {
    const places = trimmed(before, hunk).flatMap((one) => [...slid(before, one)]);
    const isFine = places.some(({ from, to }) =>
      regions.some((one) => from >= one.from && to <= one.to && (!one.onlyAdds || from === to)),
    );
    return isFine
      ? []
      : [`line ${before.slice(0, hunk.from).split('\n').length}: ${JSON.stringify(hunk.text)}`];
  });
}

/** Comments, anchors and tags that stand outside of all nodes that are removed. */
export function keptMarks(before: Reading, removed: readonly Path[]): string[] {
  const gone = removed.map((path) => around(find(before.document, path, before.text), before.text));
  return before.marks
    .filter(({ offset }) => !gone.some(({ from, to }) => offset >= from && offset < to))
    .map(({ source }) => source);
}

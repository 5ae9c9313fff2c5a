import { HomeostatError } from '../../core/errors.ts';

/** A value in a text, from its first character to the one after its last. */
export interface Node {
  readonly start: number;
  readonly end: number;
  readonly value: unknown;
  /** Of an object or array, in order; an array's have no keys. */
  readonly children: readonly { readonly key: string | null; readonly node: Node }[] | null;
  /** Whether a comma stands after the last child. */
  readonly trailing: boolean;
}

const SCALAR = /"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*|true|false|null/y;
const BLANK = /(?:[\s\ufeff]|\/\/[^\n]*|\/\*[\s\S]*?\*\/)*/y;
const DEEPEST = 100;

/** Reads JSON with comments and trailing commas, as editors write it, with the place of every value. */
export function scanJsonc(text: string): Node {
  let at = 0;
  const fail = (): never => {
    const line = text.slice(0, at).split('\n').length;
    throw new HomeostatError('invalid_input', `it is no JSON that can be read: line ${line}`);
  };
  const match = (pattern: RegExp): string => {
    pattern.lastIndex = at;
    const found = pattern.exec(text)?.[0] ?? '';
    at += found.length;
    return found;
  };
  const scalar = (): unknown => {
    try {
      return JSON.parse(match(SCALAR)) as unknown;
    } catch {
      return fail();
    }
  };
  const value = (depth: number): Node => {
    const start = at;
    const open = text[at];
    if (open !== '{' && open !== '[')
      return { value: scalar(), start, end: at, children: null, trailing: false };
    if (depth > DEEPEST) fail();
    const close = open === '{' ? '}' : ']';
    const children: { key: string | null; node: Node }[] = [];
    let trailing = false;
    at++;
    for (match(BLANK); text[at] !== close; match(BLANK)) {
      if (children.length > 0 && !trailing) fail();
      let key: string | null = null;
      if (open === '{') {
        const named = scalar();
        key = typeof named === 'string' ? named : fail();
        match(BLANK);
        if (text[at++] !== ':') fail();
        match(BLANK);
      }
      children.push({ key, node: value(depth + 1) });
      match(BLANK);
      trailing = text[at] === ',';
      if (trailing) at++;
    }
    at++;
    return { value: valueOf(open, children), start, end: at, children, trailing };
  };
  match(BLANK);
  const root = value(0);
  match(BLANK);
  if (at !== text.length) fail();
  return root;
}

function valueOf(open: string, children: readonly { key: string | null; node: Node }[]): unknown {
  if (open === '[') return children.map(({ node }) => node.value);
  const keys = children.map(({ key }) => key ?? '');
  const twice = keys.find((key, i) => keys.indexOf(key) !== i);
  if (twice !== undefined)
    throw new HomeostatError('invalid_input', `it names ${JSON.stringify(twice)} twice`);
  return Object.fromEntries(children.map(({ key, node }) => [key ?? '', node.value]));
}

import { type ParsedScript, parse } from 'unbash';

export const MAX_LENGTH = 32_768;
const MAX_NESTING = 200;

/** A syntax tree, or why there is none; `partial` is as much of one as could be made all the same. */
export type Parsed =
  { readonly script: ParsedScript } | { readonly problem: string; readonly partial?: ParsedScript };

/** `${ command; }` of bash 5.3 without its end: the parser takes it for plain text, and bash refuses all of it. */
const UNCLOSED = /\$\{[\s|][^}]*$/;

/** The syntax tree of a shell text. The only place that calls the parser. */
export function parseShell(text: string): Parsed {
  if (text.length > MAX_LENGTH) return { problem: `longer than ${MAX_LENGTH} characters` };
  if (nests(text)) return { problem: `nested deeper than ${MAX_NESTING}` };
  const script = parse(text);
  const error = script.errors?.[0];
  if (error === undefined && UNCLOSED.test(text))
    return { problem: 'an expansion that is not closed', partial: script };
  return error === undefined
    ? { script }
    : { problem: `${error.message} at character ${error.pos + 1}`, partial: script };
}

/** Whether brackets stand deeper than anybody writes: looked at before the parser is. */
function nests(text: string): boolean {
  let depth = 0;
  let ticks = 0;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c === 40 || c === 123) depth++;
    else if ((c === 41 || c === 125) && depth > 0) depth--;
    else if (c === 96) ticks++;
    if (depth > MAX_NESTING || ticks > 10 * MAX_NESTING) return true;
  }
  return false;
}

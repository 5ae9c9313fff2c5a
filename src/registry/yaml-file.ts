import { createRequire } from 'node:module';
import type * as Yaml from 'yaml';
import type * as z from 'zod';
import { type ErrorCode, HomeostatError } from '../core/errors.ts';

const require = createRequire(import.meta.url);

/** Parses YAML into a schema's value; an error names file, line and key. */
export function parseYaml<S extends z.ZodType>(
  source: string,
  file: string,
  schema: S,
  code: ErrorCode,
): z.output<S> {
  // Loaded when there is something to parse: a server that starts has nothing, and its client waits.
  const { LineCounter, parseDocument } = require('yaml') as typeof Yaml;
  const lines = new LineCounter();
  const document = parseDocument(source, { lineCounter: lines });
  const fail = (offset: number | undefined, what: string): HomeostatError => {
    const line = offset === undefined ? '' : `:${lines.linePos(offset).line}`;
    return new HomeostatError(code, `${file}${line}: ${what}`);
  };
  const [broken] = document.errors;
  if (broken !== undefined) throw fail(broken.pos[0], broken.message.split('\n')[0] ?? 'not YAML');
  let parsed;
  try {
    parsed = schema.safeParse(document.toJS() ?? {});
  } catch (error) {
    throw fail(undefined, error instanceof Error ? error.message : String(error));
  }
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const unknownKey = issue?.code === 'unrecognized_keys' ? issue.keys.slice(0, 1) : [];
  const path = [...(issue?.path ?? []), ...unknownKey] as (string | number)[];
  throw fail(
    offsetOf(document, path),
    `${path.join('.') || 'the file'}: ${issue?.message ?? 'does not fit'}`,
  );
}

/** Where the deepest part of the path that the document has begins. */
function offsetOf(document: Yaml.Document, path: (string | number)[]): number | undefined {
  for (let length = path.length; length > 0; length--) {
    const node = document.getIn(path.slice(0, length), true) as
      { range?: [number, number, number] } | undefined;
    if (node?.range !== undefined) return node.range[0];
  }
  return undefined;
}

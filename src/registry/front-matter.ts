import type * as z from 'zod';
import { type ErrorCode, HomeostatError } from '../core/errors.ts';
import { parseYaml } from './yaml-file.ts';

/** Markdown that begins with YAML between `---` lines: the checked YAML, and the text below it. */
export function withFrontMatter<S extends z.ZodType>(
  source: string,
  file: string,
  schema: S,
  code: ErrorCode,
): [front: z.output<S>, text: string] {
  const [, front, text] = /^---\n([\s\S]*?)\n---\n([\s\S]*)$/.exec(source) ?? [];
  if (front === undefined || text === undefined)
    throw new HomeostatError(code, `${file}: it does not begin with front matter between --- lines`);
  return [parseYaml(front, file, schema, code), text.trim()];
}

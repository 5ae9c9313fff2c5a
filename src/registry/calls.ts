import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import * as z from 'zod';
import { parseYaml } from './yaml-file.ts';

/** Kept as text, which a compiled registry can hold. */
const pattern = z
  .string()
  .refine((source) => new RegExp(source, 's') instanceof RegExp, 'not a regular expression');

/**
 * Which arguments: `0` the first, `1+` all from the second on, `1~` the items of the second but its first, `of` what
 * the method's object was made from, another word the option of that name; `2|path` the first of them that is given.
 */
const selector = z.string().regex(/^(?:(?:\d+[+~]?|[A-Za-z_]\w*)(?:\|(?=.)|$))+$/);

const callSchema = z.strictObject({
  id: z.string().regex(/^[a-z][a-z-]*$/),
  /** `run` is a shell line where it has one text, else a program with its arguments; `hidden` cannot be followed. */
  kind: z.enum([
    'delete',
    'write',
    'read',
    'chmod',
    'kill',
    'shell',
    'command',
    'code',
    'fetch',
    'send',
    'database',
    'wipe',
    'run',
    'hidden',
  ]),
  /** Functions by their full names; `*.name` is a method of that name, whatever it belongs to. */
  names: z.array(z.string()).min(1),
  text: z.array(selector).default(['0']),
  /** The words of a program that does the same, before the texts; `{name}` is the function's last name. The kind is `command`. */
  as: z.array(z.string()).default([]),
  /** True, or the option that makes it so. */
  recursive: z.union([z.boolean(), z.string()]).default(false),
  /** Only where this argument is such a text; `absent` where it may be left out. */
  when: z
    .strictObject({
      arg: selector,
      is: pattern,
      absent: z.boolean().default(false),
      unknown: z.boolean().default(false),
    })
    .optional(),
  /** Only where the full name has this in it, in whatever case. */
  on: pattern.optional(),
  /** What is cut from the texts. */
  trim: pattern.optional(),
  /** True where it is found only with a text that is known. */
  known: z.boolean().default(false),
  match: z.array(z.string()).min(1),
  not_match: z.array(z.string()).min(1),
});
export type CallData = z.output<typeof callSchema>;

const fileSchema = z.strictObject({ calls: z.array(callSchema) });

/** The calls of each language, by the language's name. */
export type CallsData = Record<string, readonly CallData[]>;

/** Reads and checks `code/*.yaml`; an error names file, line and key. */
export function readCalls(folder: string): CallsData {
  const code = join(folder, 'code');
  const files = readdirSync(code).filter((file) => file.endsWith('.yaml'));
  return Object.fromEntries(
    files.map((file) => {
      const path = join(code, file);
      return [basename(file, '.yaml'), parseCalls(readFileSync(path, 'utf8'), path)];
    }),
  );
}

export const parseCalls = (source: string, file: string): readonly CallData[] =>
  parseYaml(source, file, fileSchema, 'registry_invalid').calls;

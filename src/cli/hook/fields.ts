import { HomeostatError } from '../../core/errors.ts';

/** Fields of what a client sends; it comes from outside, so that nothing of its shape is taken for granted. */
export type Fields = Readonly<Record<string, unknown>>;

export const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const malformed = (what: string): HomeostatError =>
  new HomeostatError('invalid_input', `the client's input cannot be understood: ${what}`, {
    next: 'Update homeostat, or report what the client sends: docs/hooks.md.',
  });

/** The JSON object that a client writes to standard input. */
export function parseInput(input: string): Fields {
  let parsed: unknown;
  try {
    parsed = JSON.parse(input);
  } catch {
    throw malformed(`${input.length} characters that are no JSON`);
  }
  if (!isFields(parsed)) throw malformed('it is no JSON object');
  return parsed;
}

export function textOf(fields: Fields, ...names: string[]): string {
  for (const name of names) {
    const value = fields[name];
    if (typeof value === 'string' && value !== '') return value;
  }
  throw malformed(`there is no text in ${names.join(', ')}`);
}

export function textIfAny(fields: Fields, ...names: string[]): string | undefined {
  const name = names.find((candidate) => fields[candidate] !== undefined && fields[candidate] !== '');
  return name === undefined ? undefined : textOf(fields, name);
}

export function fieldsOf(fields: Fields, name: string): Fields {
  const value = fields[name];
  if (!isFields(value)) throw malformed(`${name} is no object`);
  return value;
}

/** A folder as the client names it; a relative one would mean another folder here than there. */
export function folderOf(path: string | undefined, otherwise: string): string {
  const folder = path ?? otherwise;
  if (!folder.startsWith('/')) throw malformed('its folder is not an absolute path');
  return folder;
}

/** How long a content is; what stands in it is kept out of the record. */
export const sizes = (fields: Fields, names: readonly string[]): Record<string, number> =>
  Object.fromEntries(
    names.flatMap((name) => {
      const value = fields[name];
      return typeof value === 'string' ? [[`${name}_characters`, value.length] as const] : [];
    }),
  );

/** The event that a client tells of, refused where it is none that is known. */
export const unknownEvent = (event: string): HomeostatError =>
  malformed(`the event ${event.slice(0, 80)} is unknown`);

import { type Value, textOf, valueAt } from './value.ts';

/** What is mounted where: a folder of the host, a named volume, or a folder that lives in memory. */
export interface Mount {
  readonly type: string;
  readonly source: string;
  readonly target: string;
  readonly readOnly: boolean;
}

/** `[SOURCE:]TARGET[:MODE]` or the long form; null of anything else. */
export function mountOf(value: Value): Mount | null {
  if (value.kind === 'map') {
    const part = (name: string): string => textOf(valueAt(value, [name])) ?? '';
    return {
      // What looks like a folder is taken for one, whatever the type says.
      type: isFolder(part('source')) ? 'bind' : part('type') || 'volume',
      source: part('source'),
      target: part('target'),
      readOnly: part('read_only') === 'true',
    };
  }
  const text = textOf(value);
  if (text === undefined) return null;
  const parts = splitMount(text);
  if (parts.length === 1) return { type: 'volume', source: '', target: parts[0] ?? '', readOnly: false };
  const [source = '', target = '', mode = ''] = parts;
  return {
    type: isFolder(source) ? 'bind' : 'volume',
    source,
    target,
    readOnly: mode.split(',').includes('ro'),
  };
}

export const targetOf = (value: Value): string | undefined => mountOf(value)?.target;

/** At the colons that stand in no `${…}` and after no drive's letter. */
function splitMount(text: string): string[] {
  const parts = [''];
  let depth = 0;
  for (let index = 0; index < text.length; index++) {
    const character = text.charAt(index);
    if (character === '{' && text[index - 1] === '$') depth += 1;
    if (character === '}' && depth > 0) depth -= 1;
    const isDrive =
      parts.length === 1 && /^[A-Za-z]$/.test(parts[0] ?? '') && /[\\/]/.test(text[index + 1] ?? '');
    if (character === ':' && depth === 0 && !isDrive) parts.push('');
    else parts[parts.length - 1] += character;
  }
  return parts;
}

const isFolder = (source: string): boolean => /^([./~\\]|[A-Za-z]:[\\/])/.test(source);

import { HomeostatError } from '../../../core/errors.ts';
import { parseEnvFile } from '../../../core/env-file.ts';

/** Each name with its new value; null takes it out. */
export type Variables = Readonly<Record<string, string | null>>;

/** An env file with some of its variables set or taken out, and no other byte changed. Throws `edit_refused`. */
export function withVariables(text: string, variables: Variables): string {
  let now = text;
  for (const [name, value] of Object.entries(variables)) {
    const next = value === null ? without(now, name) : withOne(now, name, value);
    checkSame(now, next, name, value);
    now = next;
  }
  return now;
}

function withOne(text: string, name: string, value: string): string {
  const there = parseEnvFile(text).get(name);
  const written = quoted(value);
  if (there !== undefined) {
    const after = text.slice(there.to);
    // What was empty may have a comment right behind it.
    return `${text.slice(0, there.from)}${written}${after.startsWith('#') ? ' ' : ''}${after}`;
  }
  const end = text.includes('\r\n') ? '\r\n' : '\n';
  const open = text === '' || text === '\uFEFF' || text.endsWith('\n') ? '' : end;
  return `${text}${open}${name}=${written}${end}`;
}

/** Every line that sets it goes: an earlier one would hold again otherwise. */
function without(text: string, name: string): string {
  let now = text;
  for (let found = parseEnvFile(now).get(name); found !== undefined; found = parseEnvFile(now).get(name)) {
    const from = now.lastIndexOf('\n', found.from - 1) + 1 || (now.startsWith('\uFEFF') ? 1 : 0);
    const end = now.indexOf('\n', found.to);
    now = now.slice(0, from) + (end < 0 ? '' : now.slice(end + 1));
  }
  return now;
}

/** As Compose reads it back: without quotes where nothing in it has a meaning, else in those that change nothing. */
function quoted(value: string): string {
  if (/^[\w./:@%+,=~\\-]*$/.test(value)) return value;
  return value.includes("'") ? `"${value.replaceAll('"', String.raw`\"`)}"` : `'${value}'`;
}

function checkSame(before: string, after: string, name: string, value: string | null): void {
  const values = (text: string): Map<string, string> =>
    new Map([...parseEnvFile(text)].map(([key, one]) => [key, one.value]));
  const [wanted, now] = [values(before), values(after)];
  if (value === null) wanted.delete(name);
  else wanted.set(name, value);
  const isSame = wanted.size === now.size && [...wanted].every(([key, one]) => now.get(key) === one);
  // In double quotes Compose fills in what begins with a dollar and reads what follows a backslash.
  if (!isSame || (value !== null && value.includes("'") && /[\\$]/.test(value)))
    throw new HomeostatError('edit_refused', `${name}: its value cannot be written so that it is read back`);
}

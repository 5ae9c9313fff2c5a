import { isLikelyName, isSecretName } from './assigned.ts';
import type { KnownValue } from './known.ts';
import { couldRun, looksRandom } from './random.ts';

const SHORTEST = 8;
const LONGEST = 4096;
const MOST_LINES = 2000;
const MOST_VALUES = 500;

/** Words that stand where a secret should, and all over other texts. */
const PLACEHOLDERS =
  /^(?:password|passw0rd|changeme|change_me|undefined|disabled|required|optional|localhost|production|development|staging|username|example|(?:your|my)[-_].*|(.)\1*|<.*>|\$\{?\w+\}?)$/i;

const ASSIGNMENT = /^\s*(?:export\s+|set\s+|-\s+)?["']?([A-Za-z_][\w.-]{0,100})["']?\s*[=:]\s*(.*?)[\s,]*$/;
const IN_JSON = /"([\w.-]{1,100})"\s{0,8}:\s{0,8}"((?:[^"\\\n]|\\.){1,4096})"/g;
const IN_WORDS =
  /(?:\b(?:password|token|secret)\s{1,8}|_(?:authToken|password|auth)\s{0,8}=\s{0,8})(\S{8,})/g;
const IN_URL = /:\/\/[^\s/:@]{0,256}:([^\s/]{1,1024})@/g;

const isUsable = (value: string): boolean =>
  value.length >= SHORTEST && value.length <= LONGEST && !PLACEHOLDERS.test(value);

/** Values of variables that are named like secrets, or named by a person. */
export function secretVariables(env: NodeJS.ProcessEnv, listed: readonly string[]): KnownValue[] {
  return Object.entries(env).flatMap(([name, value = '']) => {
    const isPath = value.startsWith('/') && !listed.includes(name);
    const isSecret = listed.includes(name) || (isSecretName(name) && !isPath) || isLikelySecret(name, value);
    return [...(isSecret ? [value] : []), ...inAddresses(value)].filter(isUsable).map((text) => ({ text }));
  });
}

/**
 * What a file of secrets holds. What is named like a secret, or looks drawn by lot, is sought wherever it may stand;
 * of the rest (`MODE=production`) the whole assignment is, and its value is masked in it.
 */
export function valuesOf(text: string): KnownValue[] {
  const lines = text.split('\n', MOST_LINES);
  const found: KnownValue[] = [...text.matchAll(IN_JSON)].flatMap(([, name = '', value = '']) =>
    named(name, value),
  );
  found.push(...[...text.matchAll(IN_WORDS)].map(([, value = '']) => ({ text: value })));
  found.push(...inAddresses(text).map((value) => ({ text: value })));
  for (const line of lines) {
    const [whole = '', name = '', given = ''] = ASSIGNMENT.exec(line) ?? [];
    if (whole !== '') found.push(...named(name, unquoted(given)), ...assignment(line, given));
    else found.push(...words(line, lines.filter((one) => one.trim() !== '').length === 1));
  }
  return found
    .filter(({ text: value, keep = 0 }) => isUsable(value) && !couldRun(value.slice(keep)))
    .slice(0, MOST_VALUES);
}

const isLikelySecret = (name: string, value: string): boolean => isLikelyName(name) && looksRandom(value);

function named(name: string, value: string): KnownValue[] {
  // A key in JSON is one line with marks for its line breaks.
  const parts = value.includes(String.raw`\n`) ? value.split(String.raw`\n`) : [value];
  return parts.filter((part) => isSecretName(name) || looksRandom(part)).map((text) => ({ text }));
}

function assignment(line: string, given: string): KnownValue[] {
  const text = line.trim().replace(/^(?:export|set)\s+/, '');
  const keep = text.lastIndexOf(given);
  return given === '' || keep <= 0 ? [] : [{ text, keep }];
}

/** Of a line that assigns nothing: lines of keys, and the last field of `.pgpass` and `.htpasswd`. */
function words(line: string, isOnly: boolean): KnownValue[] {
  const trimmed = line.trim();
  if (isOnly && !/\s/.test(trimmed)) return [{ text: trimmed }];
  if (/^[A-Za-z0-9+/=]{20,}$/.test(trimmed)) return [{ text: trimmed }];
  return trimmed
    .split(/[\s:]+/)
    .filter(looksRandom)
    .map((text) => ({ text }));
}

const inAddresses = (text: string): string[] =>
  [...text.matchAll(IN_URL)].map(([, password = '']) => password);

const unquoted = (value: string): string =>
  /^(["'])(.*?)\1/.exec(value)?.[2] ?? value.replace(/\s+#.*$/, '').trim();

import { HomeostatError } from '../../../core/errors.ts';
import { interpolate } from '../resolve/interpolate.ts';

/** What a Dockerfile takes from elsewhere. */
export interface Recipe {
  /** Images that it begins with or copies from, as it names them. */
  readonly bases: readonly string[];
  /** Whether it runs anything. */
  readonly runs: boolean;
  /** Whether it fetches something that it names by an address, or may. */
  readonly fetches: boolean;
}

const unclear = (line: string): HomeostatError =>
  new HomeostatError(
    'invalid_input',
    `Dockerfile: nobody can tell which image is meant: ${line.slice(0, 200)}`,
    {
      next: 'Name the image, or give the ARG a default before the first FROM.',
    },
  );

/** Reads a Dockerfile as far as it says what it needs. Throws where that cannot be told. */
export function recipeOf(text: string, args: Readonly<Record<string, string>>): Recipe {
  const known = new Map<string, string>();
  const stages = new Set<string>();
  const bases = new Set<string>();
  let [count, runs, fetches] = [0, false, false];
  for (const line of instructionsOf(text)) {
    const [, word = '', rest = ''] = /^(\w+)\s*([^]*)$/.exec(line) ?? [];
    const given = flagsOf(rest);
    switch (word.toUpperCase()) {
      case 'ARG':
        if (count === 0) for (const [name, value] of argsOf(rest)) known.set(name, args[name] ?? value);
        break;
      case 'FROM': {
        const [image = '', as, name] = given.rest.split(/\s+/);
        const {
          text: meant,
          unset,
          broken,
        } = interpolate(image, (one) => {
          const value = known.get(one);
          return value === undefined ? undefined : { value, hidden: false };
        });
        if (broken || unset.length > 0 || meant === '') throw unclear(line);
        if (meant.toLowerCase() !== 'scratch' && !stages.has(meant.toLowerCase())) bases.add(meant);
        stages.add(String(count));
        if (as?.toLowerCase() === 'as' && name !== undefined) stages.add(name.toLowerCase());
        count += 1;
        break;
      }
      case 'COPY':
      case 'ADD': {
        const { from } = given.flags;
        if (from?.includes('$') === true) throw unclear(line);
        if (from !== undefined && !stages.has(from.toLowerCase())) bases.add(from);
        fetches ||= word.toUpperCase() === 'ADD' && /\$|:\/\/|git@/.test(given.rest);
        break;
      }
      case 'RUN':
        runs = true;
        break;
      default:
    }
  }
  if (count === 0) throw new HomeostatError('invalid_input', 'Dockerfile: it has no FROM');
  return { bases: [...bases], runs, fetches };
}

/** Instructions with their continued lines joined, without comments. */
function instructionsOf(text: string): string[] {
  if (/^\s*#\s*escape\s*=\s*[^\\\s]/im.test(text.slice(0, 2000)))
    throw new HomeostatError('invalid_input', 'Dockerfile: only the backslash continues lines here');
  const found: string[] = [];
  let open = '';
  for (const line of text.replace(/^\uFEFF/, '').split(/\r?\n/)) {
    if (/^\s*(#|$)/.test(line)) continue;
    const continued = /\\[ \t]*$/.test(line);
    open += continued ? line.replace(/\\[ \t]*$/, ' ') : line;
    if (continued) continue;
    found.push(open.trim());
    open = '';
  }
  return open.trim() === '' ? found : [...found, open.trim()];
}

function flagsOf(text: string): { flags: Partial<Record<string, string>>; rest: string } {
  const flags: Partial<Record<string, string>> = {};
  let rest = text;
  for (
    let found = /^--(\w+)(?:=(\S*))?\s*/.exec(rest);
    found !== null;
    found = /^--(\w+)(?:=(\S*))?\s*/.exec(rest)
  ) {
    flags[found[1] ?? ''] = found[2] ?? '';
    rest = rest.slice(found[0].length);
  }
  return { flags, rest };
}

/** `NAME`, `NAME=value` and `NAME="value"`; one without a value is nothing unless it is given. */
const argsOf = (text: string): [name: string, value: string][] =>
  [...text.matchAll(/(\w+)(?:=("[^"]*"|'[^']*'|\S*))?/g)].map(([, name = '', value = '']) => [
    name,
    value.replaceAll(/^["']|["']$/g, ''),
  ]);

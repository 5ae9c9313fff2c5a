import type * as z from 'zod';
import {
  type Mapping,
  type Path,
  type Place,
  type Plain,
  type Value,
  plainOf,
  shownAs,
} from '../document/value.ts';
import { type Finding, finding } from '../resolve/problem.ts';
import { composeSchema } from './schema.ts';

const MOST = 100;

/** What of a project the Compose specification does not know, each where it stands. */
export function checkModel(root: Mapping): Finding[] {
  const parsed = composeSchema.safeParse(jsonOf(plainOf(root), []));
  if (parsed.success) return [];
  return parsed.error.issues.flatMap((issue) => ofIssue(issue, root, [])).slice(0, MOST);
}

function ofIssue(issue: z.core.$ZodIssue, root: Mapping, above: Path): Finding[] {
  const path = [...above, ...issue.path.map((part) => (typeof part === 'symbol' ? '' : part))];
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) =>
      finding(
        'unknown_key',
        'error',
        placeAt(root, [...path, key]),
        `${shownAs([...path, key])} is no key that the Compose specification knows; own keys begin with x-.`,
        operationsFor([...path, key]),
      ),
    );
  if (issue.code === 'invalid_union') {
    // The alternative that comes furthest tells best what is meant.
    const [best] = issue.errors
      .filter((errors) => errors.some((one) => one.path.length > 0 || one.code === 'unrecognized_keys'))
      .toSorted((a, b) => a.length - b.length);
    if (best !== undefined) return best.flatMap((one) => ofIssue(one, root, path));
  }
  const message = `${shownAs(path)}: ${issue.code === 'invalid_union' ? 'not of a kind that Compose takes here' : issue.message}.`;
  return [finding('wrong_value', 'error', placeAt(root, path), message)];
}

function operationsFor(path: Path): Finding['operations'] {
  const [section, service, name] = path.map(String);
  if (section !== 'services' || path.length !== 3 || service === undefined || name === undefined) return [];
  return [{ op: 'remove_field', service, name }];
}

/** Where a path stands: the key of its last part that is there. */
export function placeAt(root: Mapping, path: Path): Place {
  let now: Value = root;
  let place = root.place;
  for (const key of path) {
    if (now.kind === 'map') {
      const entry = now.entries.get(String(key));
      if (entry === undefined) break;
      ({ place } = entry);
      now = entry.value;
    } else if (now.kind === 'list' && typeof key === 'number') {
      const item: Value | undefined = now.items[key];
      if (item === undefined) break;
      ({ place } = item);
      now = item;
    } else break;
  }
  return place;
}

/** As JSON, without what begins with `x-`. Keys that users choose may begin so: those are kept. */
function jsonOf(value: Plain, path: Path): unknown {
  if (Array.isArray(value)) return value.map((one, index) => jsonOf(one, [...path, index]));
  if (!(value instanceof Map)) return typeof value === 'bigint' ? Number(value) : value;
  const chosen = path.length === 1 || CHOSEN.has(String(path.at(-1)));
  const entries = [...value].filter(([key]) => chosen || !key.startsWith('x-'));
  return Object.fromEntries(entries.map(([key, one]) => [key, jsonOf(one, [...path, key])]));
}

const CHOSEN = new Set([
  'environment',
  'labels',
  'args',
  'annotations',
  'sysctls',
  'extra_hosts',
  'networks',
  'depends_on',
]);

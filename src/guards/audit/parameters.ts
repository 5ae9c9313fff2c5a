import { sha256 } from '../../store/objects.ts';
import { redactText, redactValue } from '../redact.ts';

/** Characters of a text that are kept, the first with which all parameters together fit. */
const KEPT = [300, 120, 60, 30] as const;
/** Characters of all parameters together, as JSON. */
const ROOM = 420;
const DEPTH = 6;
const ITEMS = 50;
const RESOURCES = 8;
/** Characters of all resources together. */
const RESOURCE_ROOM = 240;

/**
 * Input as the audit keeps it: secrets masked, long texts by their beginning and digest, so that records stay
 * small. It never looks deeper than it keeps: input nested ten thousand deep must leave a record too.
 */
export function auditParameters(value: unknown): unknown {
  let short: unknown = null;
  for (const kept of KEPT) {
    short = shorten(value, DEPTH, kept);
    if (JSON.stringify(short).length <= ROOM) break;
  }
  return short;
}

/** What an action acts on, as far as there is room; of the others how many they are. */
export function auditResources(resources: readonly string[]): string[] | null {
  const kept: string[] = [];
  let room = RESOURCE_ROOM;
  for (const resource of resources.slice(0, RESOURCES)) {
    const text = redactText(resource).toWellFormed();
    if (text.length > room && kept.length > 0) break;
    kept.push(text.slice(0, RESOURCE_ROOM).toWellFormed());
    room -= text.length;
  }
  const left = resources.length - kept.length;
  if (left > 0) kept.push(`… ${left} more`);
  return kept.length === 0 ? null : kept;
}

function shorten(value: unknown, depth: number, most: number): unknown {
  if (typeof value === 'string') return shortText(redactText(value), most);
  if (value === null || typeof value === 'boolean') return value;
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value);
  if (typeof value !== 'object') return null;
  if (depth === 0) return '…';
  if (Array.isArray(value)) return value.slice(0, ITEMS).map((item) => shorten(item, depth - 1, most));
  return Object.fromEntries(
    Object.entries(value)
      .slice(0, ITEMS)
      .map(([key, inner]: [string, unknown]) => [
        key.slice(0, 100).toWellFormed(),
        shorten(typeof inner === 'string' ? redactValue(key, inner) : inner, depth - 1, most),
      ]),
  );
}

function shortText(text: string, most: number): unknown {
  if (text.length <= most) return text.toWellFormed();
  return { begins: text.slice(0, most).toWellFormed(), length: text.length, sha256: sha256(text) };
}

import type { Secrets } from '../secrets/secrets.ts';

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
 * Input as the audit keeps it: secrets masked, long texts by their beginning and a keyed digest, so that records
 * stay small and tell nothing of what follows. It never looks deeper than it keeps: input nested ten thousand deep must leave a record too.
 */
export function auditParameters(value: unknown, secrets: Secrets): unknown {
  let short: unknown = null;
  for (const kept of KEPT) {
    short = shorten(value, DEPTH, kept, secrets);
    if (JSON.stringify(short).length <= ROOM) break;
  }
  return short;
}

/** What an action acts on, as far as there is room; of the others how many they are. */
export function auditResources(resources: readonly string[], secrets: Secrets): string[] | null {
  const kept: string[] = [];
  let room = RESOURCE_ROOM;
  for (const resource of resources.slice(0, RESOURCES)) {
    const text = secrets.recorded.text(resource).toWellFormed();
    if (text.length > room && kept.length > 0) break;
    kept.push(text.slice(0, RESOURCE_ROOM).toWellFormed());
    room -= text.length;
  }
  const left = resources.length - kept.length;
  if (left > 0) kept.push(`… ${left} more`);
  return kept.length === 0 ? null : kept;
}

function shorten(value: unknown, depth: number, most: number, secrets: Secrets): unknown {
  if (typeof value === 'string') return shortText(secrets.recorded.text(value), most, secrets);
  if (value === null || typeof value === 'boolean') return value;
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value);
  if (typeof value !== 'object') return null;
  if (depth === 0) return '…';
  if (Array.isArray(value))
    return value.slice(0, ITEMS).map((item) => shorten(item, depth - 1, most, secrets));
  return Object.fromEntries(
    Object.entries(value)
      .slice(0, ITEMS)
      .map(([key, inner]: [string, unknown]) => [
        secrets.recorded.text(key).slice(0, 100).toWellFormed(),
        shorten(
          typeof inner === 'string' ? secrets.recorded.value(key, inner) : inner,
          depth - 1,
          most,
          secrets,
        ),
      ]),
  );
}

function shortText(text: string, most: number, { fingerprint }: Secrets): unknown {
  if (text.length <= most) return text.toWellFormed();
  return {
    begins: text.slice(0, most).toWellFormed(),
    length: text.length,
    hmac: fingerprint(Buffer.from(text)),
  };
}

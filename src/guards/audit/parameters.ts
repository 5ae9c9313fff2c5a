import type { Secrets } from '../secrets/secrets.ts';

const KEPT = 400;
const DEPTH = 6;
const ITEMS = 50;

/**
 * Input as the audit keeps it: secrets masked, long texts by their beginning and a keyed digest, so that records
 * stay small and tell nothing of what follows. It never looks deeper than it keeps: input nested ten thousand deep must leave a record too.
 */
export function auditParameters(value: unknown, secrets: Secrets): unknown {
  return shorten(value, DEPTH, secrets);
}

function shorten(value: unknown, depth: number, secrets: Secrets): unknown {
  if (typeof value === 'string') return shortText(secrets.text(value), secrets);
  if (value === null || typeof value === 'boolean') return value;
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value);
  if (typeof value !== 'object') return null;
  if (depth === 0) return '…';
  if (Array.isArray(value)) return value.slice(0, ITEMS).map((item) => shorten(item, depth - 1, secrets));
  return Object.fromEntries(
    Object.entries(value)
      .slice(0, ITEMS)
      .map(([key, inner]: [string, unknown]) => [
        secrets.text(key).slice(0, 100).toWellFormed(),
        shorten(typeof inner === 'string' ? secrets.value(key, inner) : inner, depth - 1, secrets),
      ]),
  );
}

function shortText(text: string, { fingerprint }: Secrets): unknown {
  if (text.length <= KEPT) return text.toWellFormed();
  return {
    begins: text.slice(0, KEPT).toWellFormed(),
    length: text.length,
    hmac: fingerprint(Buffer.from(text)),
  };
}

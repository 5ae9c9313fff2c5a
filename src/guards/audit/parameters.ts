import type { KeyedDigest } from '../../store/digest-key.ts';
import { redactText, redactValue } from '../redact.ts';

const KEPT = 400;
const DEPTH = 6;
const ITEMS = 50;

/**
 * Input as the audit keeps it: secrets masked, long texts by their beginning and a keyed digest, so that records
 * stay small and tell nothing of what follows. It never looks deeper than it keeps: input nested ten thousand deep must leave a record too.
 */
export function auditParameters(value: unknown, digest: KeyedDigest): unknown {
  return shorten(value, DEPTH, digest);
}

function shorten(value: unknown, depth: number, digest: KeyedDigest): unknown {
  if (typeof value === 'string') return shortText(redactText(value), digest);
  if (value === null || typeof value === 'boolean') return value;
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value);
  if (typeof value !== 'object') return null;
  if (depth === 0) return '…';
  if (Array.isArray(value)) return value.slice(0, ITEMS).map((item) => shorten(item, depth - 1, digest));
  return Object.fromEntries(
    Object.entries(value)
      .slice(0, ITEMS)
      .map(([key, inner]: [string, unknown]) => [
        key.slice(0, 100).toWellFormed(),
        shorten(typeof inner === 'string' ? redactValue(key, inner) : inner, depth - 1, digest),
      ]),
  );
}

function shortText(text: string, digest: KeyedDigest): unknown {
  if (text.length <= KEPT) return text.toWellFormed();
  return { begins: text.slice(0, KEPT).toWellFormed(), length: text.length, hmac: digest(text) };
}

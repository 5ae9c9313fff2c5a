import { sha256 } from '../../store/objects.ts';
import { redact } from '../redact.ts';

const KEPT = 400;
const DEPTH = 6;
const ITEMS = 50;

/** Input as the audit keeps it: secrets masked, long texts by their beginning and digest, so that records stay small. */
export function auditParameters(value: unknown): unknown {
  return shorten(redact(value), DEPTH);
}

function shorten(value: unknown, depth: number): unknown {
  if (typeof value === 'string') {
    if (value.length <= KEPT) return value.toWellFormed();
    return { begins: value.slice(0, KEPT).toWellFormed(), length: value.length, sha256: sha256(value) };
  }
  if (value === null || typeof value === 'boolean') return value;
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value);
  if (typeof value !== 'object') return null;
  if (depth === 0) return '…';
  if (Array.isArray(value)) return value.slice(0, ITEMS).map((item) => shorten(item, depth - 1));
  return Object.fromEntries(
    Object.entries(value)
      .slice(0, ITEMS)
      .map(([key, inner]) => [key.slice(0, 100).toWellFormed(), shorten(inner, depth - 1)]),
  );
}

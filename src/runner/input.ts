/** No tool takes what is nested deeper, and what writes or reads it goes down into each level. */
const DEEPEST = 100;

/** Arguments as a tool can be given them: an object of what JSON can say; null where they are anything else. */
export function checkedInput(value: unknown): Record<string, unknown> | null {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || !isJson(value, DEEPEST))
    return null;
  return value as Record<string, unknown>;
}

/** A grammar lets `1e400` through, which is no number any more and would be sent as null. */
function isJson(value: unknown, levels: number): boolean {
  if (typeof value === 'number') return Number.isFinite(value);
  if (typeof value !== 'object' || value === null) return true;
  return levels > 0 && Object.values(value).every((inner) => isJson(inner, levels - 1));
}

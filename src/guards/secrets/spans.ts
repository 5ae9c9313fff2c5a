import { MASK, type Span } from '../../core/secrets.ts';

/** Sorted, and those that overlap as one. */
export function merged(spans: readonly Span[]): Span[] {
  const joined: { start: number; end: number }[] = [];
  for (const { start, end } of spans.toSorted((a, b) => a.start - b.start)) {
    const last = joined.at(-1);
    if (last !== undefined && start < last.end) last.end = Math.max(last.end, end);
    else joined.push({ start, end });
  }
  return joined;
}

/** The part of a text between two places, masked wherever one of the sorted spans reaches into it. */
export function masked(
  text: string,
  spans: readonly Span[],
  from = 0,
  to = text.length,
  mask: (length: number) => string = () => MASK,
): string {
  const parts: string[] = [];
  let at = from;
  for (const { start, end } of spans) {
    if (end <= from || start >= to) continue;
    parts.push(text.slice(at, Math.max(at, start)), mask(end - start));
    at = Math.min(end, to);
  }
  parts.push(text.slice(at, to));
  return parts.join('');
}

import { HomeostatError } from '../core/errors.ts';

const UNITS: Record<string, number> = { s: 1, m: 60, h: 3600, d: 86_400 };

/** Milliseconds since 1970 of a time, or of an age such as 10m. */
export function timeOf(since: string, nowMs: number): number {
  const [, count, unit = ''] = /^(\d+)([smhd])$/.exec(since) ?? [];
  const ms = count === undefined ? Date.parse(since) : nowMs - Number(count) * (UNITS[unit] ?? 1) * 1000;
  if (Number.isNaN(ms))
    throw new HomeostatError(
      'invalid_input',
      `since: ${since} is neither an ISO time nor an age such as 10m`,
    );
  return Math.max(0, ms);
}

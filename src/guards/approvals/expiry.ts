import type { House } from '../house.ts';

/** From when until when something holds: by the wall clock, and by time since boot as `boot milliseconds`. */
export interface Term {
  readonly from_ms: number;
  readonly expires_ms: number;
  readonly uptime_deadline: string;
}

/** A term that begins now. */
export function termOf(lifetimeMs: number, { machine }: Pick<House, 'machine'>): Term {
  const now = Date.now();
  const { boot, ms } = machine.uptime();
  return { from_ms: now, expires_ms: now + lifetimeMs, uptime_deadline: `${boot} ${ms + lifetimeMs}` };
}

/** Over by the wall clock or by time since boot, whichever comes first; a clock set back to before it began counts too. */
export function isOver(
  { from_ms, expires_ms, uptime_deadline }: Term,
  { machine }: Pick<House, 'machine'>,
): boolean {
  const now = Date.now();
  const { boot, ms } = machine.uptime();
  const [boundBoot, deadline] = uptime_deadline.split(' ');
  const overUptime = boundBoot === boot && ms > Number(deadline);
  return now > expires_ms || now < from_ms - 60_000 || overUptime;
}

import { vi } from 'vitest';

/** Sets the clock of this process, timers aside: days pass without waiting for them. */
export function atDay(time: string): void {
  vi.useFakeTimers({ toFake: ['Date'], now: new Date(time) });
}

import { readFileSync, readdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** Processes on this machine whose environment or arguments hold a text that only one test uses. */
export function processesWith(text: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter((pid) => {
      try {
        const read = (file: string): string => readFileSync(`/proc/${pid}/${file}`, 'latin1');
        // A process that has ended and was not yet waited for runs no more.
        return !/^State:\s+Z/m.test(read('status')) && (read('cmdline') + read('environ')).includes(text);
      } catch {
        return false;
      }
    })
    .map(Number);
}

/** Waits until something holds, since another process brings it about; fails after a generous time. */
export async function eventually(holds: () => boolean | Promise<boolean>, what: string): Promise<void> {
  for (let i = 0; i < 400; i++) {
    if (await holds()) return;
    await sleep(50);
  }
  throw new Error(`it never came about: ${what}`);
}

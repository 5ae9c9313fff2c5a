import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

let made = 0;

/** A box that runs, on record for the boxes of every server of this state: they share folders, and so sockets. */
export interface LiveBox {
  /** Whether no other box runs that could have been handed something. */
  alone(): boolean;
  leave(): void;
}

export function enterBoxes(stateFolder: string): LiveBox {
  const folder = join(stateFolder, 'boxes');
  const name = `${process.pid}-${++made}`;
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  writeFileSync(join(folder, name), '');
  return {
    alone() {
      const others = readdirSync(folder).filter((other) => other !== name);
      // What a killed server left counts this once more.
      for (const other of others)
        if (!isAlive(Number.parseInt(other, 10))) rmSync(join(folder, other), { force: true });
      return others.length === 0;
    },
    leave: () => rmSync(join(folder, name), { force: true }),
  };
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

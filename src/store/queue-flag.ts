import { openSync, readSync, writeSync } from 'node:fs';

/** What writers of all processes tell each other: that somebody is waiting. Lost or wrong, it costs only fairness. */
export interface QueueFlag {
  /** Says that this process is waiting now. */
  raise(): void;
  /** Milliseconds since the system started, at which somebody last said so. */
  raised(): number;
}

export const uptimeMs = (): number => Number(process.hrtime.bigint() / 1000n) / 1000;

export function queueFlag(path: string): QueueFlag {
  const cell = new Float64Array(1);
  const bytes = new Uint8Array(cell.buffer);
  const file =
    attempt(() => openSync(path, 'a+', 0o600)) === null ? null : attempt(() => openSync(path, 'r+'));
  return {
    raise() {
      cell[0] = uptimeMs();
      if (file !== null) attempt(() => writeSync(file, bytes, 0, bytes.length, 0));
    },
    raised() {
      if (file === null || attempt(() => readSync(file, bytes, 0, bytes.length, 0)) !== bytes.length)
        return 0;
      return cell[0] ?? 0;
    },
  };
}

/** A full disk, a folder that cannot be written: then writers take turns as chance has it. */
function attempt<T>(work: () => T): T | null {
  try {
    return work();
  } catch {
    return null;
  }
}

import { readFileSync, readlinkSync } from 'node:fs';

/**
 * Names a process beyond its life: boot, PID namespace, PID and start time, so that a number
 * used again by another process is not taken for it.
 */
export interface Identity {
  readonly owner: string;
  /** Whether the process that `owner` names still runs; null where it cannot be told from here. */
  isAlive(owner: string): boolean | null;
}

const read = (path: string): string | null => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
};

const bootId = (): string => read('/proc/sys/kernel/random/boot_id')?.trim() ?? 'boot';

function pidNamespace(): string {
  try {
    return readlinkSync('/proc/self/ns/pid').replaceAll(/\D/g, '');
  } catch {
    return '0';
  }
}

/** Field 22 of /proc/PID/stat (proc_pid_stat(5)); the name before it may hold blanks and brackets. */
function startTime(pid: number): string | null {
  const stat = read(`/proc/${pid}/stat`);
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? null;
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

export function ownIdentity(): Identity {
  const boot = bootId();
  const namespace = pidNamespace();
  const onLinux = process.platform === 'linux';
  return {
    owner: [boot, namespace, process.pid, startTime(process.pid) ?? '0'].join(':'),
    isAlive(owner) {
      const [ownerBoot, ownerNamespace, pid, start] = owner.split(':');
      if (ownerBoot !== boot) return false;
      if (ownerNamespace !== namespace) return null;
      return onLinux ? startTime(Number(pid)) === start : exists(Number(pid));
    },
  };
}

/** This boot's name and its monotonic milliseconds: time that no clock setting moves, equal in all processes. */
export function uptime(): { boot: string; ms: number } {
  return { boot: bootId(), ms: Number(process.hrtime.bigint() / 1_000_000n) };
}

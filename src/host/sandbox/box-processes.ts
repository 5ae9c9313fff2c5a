import { readFileSync, readdirSync } from 'node:fs';

/** What the processes of a box use together. */
export interface Usage {
  readonly processes: number;
  readonly memoryBytes: number;
  readonly cpuSeconds: number;
  readonly writtenBytes: number;
}

/** Clock ticks of /proc; 100 on every Linux that Node runs on (sysconf(_SC_CLK_TCK)). */
const TICKS = 100;

interface Seen {
  readonly at: number;
  readonly children: ReadonlyMap<number, readonly number[]>;
}

let seen: Seen | null = null;

/** Who descends from whom on the machine; one look serves all boxes that ask within so many milliseconds. */
function lookAround(maxAgeMs: number): Seen['children'] {
  if (seen !== null && performance.now() - seen.at <= maxAgeMs) return seen.children;
  const at = performance.now();
  const children = new Map<number, number[]>();
  for (const name of readdirSync('/proc')) {
    const pid = Number(name);
    const parent = Number.isInteger(pid) ? statOf(pid)?.parent : undefined;
    if (parent === undefined) continue;
    const siblings = children.get(parent);
    if (siblings === undefined) children.set(parent, [pid]);
    else siblings.push(pid);
  }
  seen = { at, children };
  return children;
}

/** A process and all that descend from it; in a PID namespace nothing can leave that tree. */
export function tree(top: number, maxAgeMs = 0): number[] {
  const children = lookAround(maxAgeMs);
  const found = [top];
  for (const pid of found) found.push(...(children.get(pid) ?? []));
  return found;
}

/**
 * CPU time and written bytes of those that ended count in the parent that waited for them. Memory counts pages of its
 * own and shared memory; where many share pages it is more than there is, see `exactMemory`.
 */
export function usage(pids: readonly number[]): Usage {
  let [memoryBytes, cpuSeconds, writtenBytes] = [0, 0, 0];
  for (const pid of pids) {
    cpuSeconds += (statOf(pid)?.ticks ?? 0) / TICKS;
    const status = read(`/proc/${pid}/status`);
    memoryBytes += field(status, 'RssAnon') * 1024 + field(status, 'RssShmem') * 1024;
    writtenBytes += field(read(`/proc/${pid}/io`), 'write_bytes');
  }
  return { processes: pids.length, memoryBytes, cpuSeconds, writtenBytes };
}

/** Each page counted once, shared among those that have it; too slow to be asked always. */
export function exactMemory(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => {
    const rollup = read(`/proc/${pid}/smaps_rollup`);
    return sum + (field(rollup, 'Pss_Anon') + field(rollup, 'Pss_Shmem')) * 1024;
  }, 0);
}

function statOf(pid: number): { parent: number; ticks: number } | null {
  const text = read(`/proc/${pid}/stat`);
  if (text === '') return null;
  // After the name, which may hold anything: see proc_pid_stat(5), whose third field is the first here.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const ticks = [11, 12, 13, 14].reduce((sum, index) => sum + Number(fields[index]), 0);
  return { parent: Number(fields[1]), ticks };
}

const field = (text: string, name: string): number =>
  Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(text)?.[1] ?? 0);

/** Empty where the process has ended. */
function read(file: string): string {
  try {
    return readFileSync(file, 'latin1');
  } catch {
    return '';
  }
}

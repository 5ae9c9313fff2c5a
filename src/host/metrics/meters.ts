import type { DiskUse, Meters, Values } from '../../core/metrics.ts';
import { type Cgroups, openCgroups } from './cgroup.ts';
import { diskUse, machineValues } from './machine-values.ts';

/** Every container has mounts of its own, so that to look through them takes longer than all else. */
const DISKS_MS = 10_000;

/** What this machine counts. Containers of an engine elsewhere are in none of its groups. */
export function openMeters(engineIsHere: boolean): Meters {
  let disks: { readonly at: number; readonly use: readonly DiskUse[] } = { at: -Infinity, use: [] };
  let groups: Cgroups | null | undefined;
  const opened = (): Cgroups | null => (engineIsHere ? (groups ??= openCgroups()) : null);
  return {
    get source() {
      return opened()?.source ?? null;
    },
    sweep(running) {
      const containers = new Map<string, Values>();
      for (const { id, name } of running) {
        const values = opened()?.read(id) ?? null;
        if (values !== null) containers.set(name, values);
      }
      const now = performance.now();
      if (now - disks.at > DISKS_MS) disks = { at: now, use: diskUse() };
      return { at_ms: Date.now(), host: machineValues(), disks: disks.use, containers };
    },
  };
}

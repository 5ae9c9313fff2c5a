import { closeSync, existsSync, fsyncSync, openSync } from 'node:fs';
import type { Plan } from '../../core/plan.ts';
import { syncFileSystem, syncFileSystemAside } from '../syscalls.ts';

/** Brings what lies in the stores of a plan, and with it in its roots, to stable storage: one call for each file system. */
export function syncStores(plan: Plan): void {
  const stores = plan.parts.filter(({ steps }) => steps.length > 0).map(({ store }) => store);
  for (const store of new Set(stores.filter((path) => existsSync(path)))) {
    const fd = openSync(store, 'r');
    try {
      if (process.platform === 'linux') syncFileSystem(fd);
      else fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
  }
}

/** Begins to, while a stage in that folder is looked at; fails where something of it could not be written. */
export async function syncAhead(folder: string): Promise<void> {
  if (process.platform !== 'linux') return;
  const fd = openSync(folder, 'r');
  try {
    await syncFileSystemAside(fd);
  } finally {
    closeSync(fd);
  }
}

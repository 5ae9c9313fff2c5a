import { createHash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Sessions } from '../core/host.ts';
import { removeTree } from './journal/discard.ts';

let opened = 0;

/** `owner` names this process beyond its life; in one process several may be open. */
export function openSessions(
  base: string,
  owner: string,
  isAlive: (owner: string) => boolean | null,
): Sessions {
  const own = join(base, `${owner}:${++opened}`);
  return {
    folder: (agent) => join(own, folderName(agent)),
    end: remove,
    close: async () => remove(own),
    async sweep() {
      for (const name of namesIn(base)) if (isAlive(name) === false) await remove(join(base, name));
    },
  };
}

/** A name of any kind as a short one that a folder can have. */
const folderName = (name: string): string => createHash('sha256').update(name).digest('hex').slice(0, 16);

/** What cannot be removed is left for the next sweep. */
async function remove(folder: string): Promise<void> {
  try {
    await rm(folder, { recursive: true, force: true });
  } catch {
    try {
      removeTree(folder);
    } catch {
      // Somebody else sweeps there, or something still runs in it.
    }
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

import { execFile } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, access, mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { HomeostatError } from '../core/errors.ts';
import type { Objects } from '../core/host.ts';

const CHUNK = 1 << 20;
const SYSTEM_PATH = '/usr/local/bin:/usr/bin:/bin:/run/current-system/sw/bin';

export const sha256 = (content: Uint8Array | string): string =>
  createHash('sha256').update(content).digest('hex');

/** Opens the store of objects in a folder; writing twice the same content is harmless, also from two processes. */
export function openObjects(folder: string): Objects {
  const pathOf = (digest: string): string => join(folder, digest.slice(0, 2), digest.slice(2));
  const exists = async (path: string): Promise<boolean> =>
    access(path).then(
      () => true,
      () => false,
    );
  let pending: Promise<void> | null = null;
  let unsynced = false;

  // One syncfs for many objects; an fsync for each made a first snapshot several times slower.
  // The path is fixed: the server's own may lead into a folder that an agent can write.
  const syncFolder = async (): Promise<void> => {
    await promisify(execFile)('sync', process.platform === 'linux' ? ['-f', folder] : [], {
      env: { PATH: SYSTEM_PATH },
    });
  };

  async function settle(temporary: string, digest: string): Promise<void> {
    const path = pathOf(digest);
    unsynced = true;
    if (await exists(path)) return rm(temporary);
    await mkdir(join(folder, digest.slice(0, 2)), { recursive: true, mode: 0o700 });
    await rename(temporary, path);
  }

  async function writing<T>(fill: (to: FileHandle) => Promise<{ digest: string; value: T }>): Promise<T> {
    const temporary = join(folder, `.${randomBytes(9).toString('hex')}`);
    const to = await open(temporary, 'wx', 0o600);
    try {
      let filled;
      try {
        filled = await fill(to);
      } finally {
        await to.close();
      }
      await settle(temporary, filled.digest);
      return filled.value;
    } catch (cause) {
      await rm(temporary, { force: true });
      if ((cause as NodeJS.ErrnoException).code === 'ENOSPC') {
        throw new HomeostatError('record_failed', `no space left for a snapshot in ${folder}`, { cause });
      }
      throw cause;
    }
  }

  return {
    async put(content) {
      const digest = sha256(content);
      if (await exists(pathOf(digest))) {
        unsynced = true; // Another process may have put it a moment ago.
        return digest;
      }
      return writing(async (to) => {
        await to.writeFile(content);
        return { digest, value: digest };
      });
    },

    async putFile(path) {
      // What is hashed is what is copied, so that a file changed meanwhile cannot get another's name.
      const from = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
      try {
        return await writing(async (to) => {
          const hash = createHash('sha256');
          const buffer = Buffer.allocUnsafe(CHUNK);
          let size = 0;
          for (;;) {
            const { bytesRead } = await from.read(buffer, 0, CHUNK, null);
            if (bytesRead === 0) break;
            const part = buffer.subarray(0, bytesRead);
            hash.update(part);
            await to.write(part);
            size += bytesRead;
          }
          const digest = hash.digest('hex');
          return { digest, value: { digest, size } };
        });
      } finally {
        await from.close();
      }
    },

    async get(digest) {
      const content = await readFile(pathOf(digest)).catch((cause: unknown) => {
        throw new HomeostatError('snapshot_gone', `the object ${digest.slice(0, 12)} is not kept any more`, {
          cause,
        });
      });
      if (sha256(content) !== digest) {
        throw new HomeostatError('state_corrupt', `the object ${digest.slice(0, 12)} is damaged on disk`);
      }
      return content;
    },

    has: async (digest) => exists(pathOf(digest)),

    async sync() {
      await pending;
      if (!unsynced) return;
      unsynced = false;
      pending = syncFolder().finally(() => (pending = null));
      await pending;
    },
  };
}

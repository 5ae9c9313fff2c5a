import { execFile } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import {
  closeSync,
  constants,
  existsSync,
  fstatSync,
  mkdirSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { type FileHandle, access, mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { HomeostatError } from '../core/errors.ts';
import type { Objects } from '../core/host.ts';

const CHUNK = 1 << 20;
/** A file up to this size is copied in one go: handing each step to the thread pool took longer than the steps. */
const SMALL = 1 << 16;
const READ = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
const SYSTEM_PATH = '/usr/local/bin:/usr/bin:/bin:/run/current-system/sw/bin';

export const sha256 = (content: Uint8Array | string): string =>
  createHash('sha256').update(content).digest('hex');

/** The whole of a small file, in `buffer`; null where it is larger. */
function readSmall(path: string, buffer: Buffer): Buffer | null {
  const from = openSync(path, READ);
  try {
    if (fstatSync(from).size >= buffer.length) return null;
    let size = 0;
    for (;;) {
      const bytesRead = readSync(from, buffer, size, buffer.length - size, null);
      if (bytesRead === 0) return buffer.subarray(0, size);
      size += bytesRead;
      if (size === buffer.length) return null;
    }
  } finally {
    closeSync(from);
  }
}

/** Opens the store of objects in a folder; writing twice the same content is harmless, also from two processes. */
export function openObjects(folder: string): Objects {
  const pathOf = (digest: string): string => join(folder, digest.slice(0, 2), digest.slice(2));
  const exists = async (path: string): Promise<boolean> =>
    access(path).then(
      () => true,
      () => false,
    );
  const temporaryPath = (): string => join(folder, `.${randomBytes(9).toString('hex')}`);
  const explained = (cause: unknown): unknown =>
    (cause as NodeJS.ErrnoException).code === 'ENOSPC'
      ? new HomeostatError('record_failed', `no space left for a snapshot in ${folder}`, { cause })
      : cause;
  const smallBuffer = Buffer.allocUnsafe(SMALL);
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
    const temporary = temporaryPath();
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
      throw explained(cause);
    }
  }

  function putSmall(content: Buffer): string {
    const digest = sha256(content);
    const path = pathOf(digest);
    unsynced = true;
    if (existsSync(path)) return digest;
    const temporary = temporaryPath();
    try {
      writeFileSync(temporary, content, { flag: 'wx', mode: 0o600 });
      mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
      renameSync(temporary, path);
    } catch (cause) {
      rmSync(temporary, { force: true });
      throw explained(cause);
    }
    return digest;
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
      const small = readSmall(path, smallBuffer);
      if (small !== null) return { digest: putSmall(small), size: small.length };
      const from = await open(path, READ);
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

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
  statSync,
  writeFileSync,
} from 'node:fs';
import { type FileHandle, open, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { HomeostatError } from '../core/errors.ts';
import type { Objects } from '../core/host.ts';

const CHUNK = 1 << 20;
/** A file up to this size is copied in one go: handing each step to the thread pool took longer than the steps. */
const SMALL = 1 << 20;
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
  // Written in the folder of its end: to rename from another one made a first snapshot three times slower.
  const temporaryPath = (digest: string): string =>
    join(folder, digest.slice(0, 2), `.${randomBytes(9).toString('hex')}`);
  // A power cut can leave an object that was never synced under its name without its content: it is written again.
  const isWhole = (path: string, size: number): boolean =>
    statSync(path, { throwIfNoEntry: false })?.size === size;
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

  const isKept = (digest: string, size: number): boolean => {
    unsynced = true; // Another process may have put it a moment ago.
    return isWhole(pathOf(digest), size);
  };

  const makeParent = (digest: string): void =>
    void mkdirSync(join(folder, digest.slice(0, 2)), { recursive: true, mode: 0o700 });

  function putSmall(content: Buffer): string {
    const digest = sha256(content);
    if (isKept(digest, content.length)) return digest;
    const temporary = temporaryPath(digest);
    const write = (): void => writeFileSync(temporary, content, { flag: 'wx', mode: 0o600 });
    try {
      try {
        write();
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
        makeParent(digest);
        write();
      }
      renameSync(temporary, pathOf(digest));
    } catch (cause) {
      rmSync(temporary, { force: true });
      throw explained(cause);
    }
    return digest;
  }

  async function putLarge(from: FileHandle): Promise<{ digest: string; size: number }> {
    // Under no name yet: its own is known when all of it is copied.
    const temporary = join(folder, `.${randomBytes(9).toString('hex')}`);
    const to = await open(temporary, 'wx', 0o600);
    const hash = createHash('sha256');
    const buffer = Buffer.allocUnsafe(CHUNK);
    let size = 0;
    try {
      try {
        for (;;) {
          const { bytesRead } = await from.read(buffer, 0, CHUNK, null);
          if (bytesRead === 0) break;
          const part = buffer.subarray(0, bytesRead);
          hash.update(part);
          await to.write(part);
          size += bytesRead;
        }
      } finally {
        await to.close();
      }
      const digest = hash.digest('hex');
      if (isKept(digest, size)) await rm(temporary);
      else {
        makeParent(digest);
        await rename(temporary, pathOf(digest));
      }
      return { digest, size };
    } catch (cause) {
      await rm(temporary, { force: true });
      throw explained(cause);
    }
  }

  return {
    put: async (content) => putSmall(Buffer.from(content.buffer, content.byteOffset, content.byteLength)),

    async putFile(path) {
      // What is hashed is what is copied, so that a file changed meanwhile cannot get another's name.
      const small = readSmall(path, smallBuffer);
      if (small !== null) return { digest: putSmall(small), size: small.length };
      const from = await open(path, READ);
      try {
        return await putLarge(from);
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

    has: async (digest) => existsSync(pathOf(digest)),

    async sync() {
      await pending;
      if (!unsynced) return;
      unsynced = false;
      pending = syncFolder().finally(() => (pending = null));
      await pending;
    },
  };
}

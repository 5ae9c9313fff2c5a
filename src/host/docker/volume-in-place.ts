import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { accessSync, constants, existsSync } from 'node:fs';
import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { VolumeExtent } from '../../core/engine-objects.ts';
import { HomeostatError } from '../../core/errors.ts';
import { SYSTEM_PATH } from '../sandbox/starter.ts';

const hasProgram = (name: string): boolean =>
  SYSTEM_PATH.split(':').some((folder) => existsSync(join(folder, name)));

/** Whether this process may read and write a volume's folder, and has what it takes to do that walled in. */
export function canBox(folder: string): boolean {
  try {
    accessSync(folder, constants.R_OK | constants.W_OK);
    return process.getuid?.() === 0 && hasProgram('bwrap') && hasProgram('tar');
  } catch {
    return false;
  }
}

/** Rights that reading and writing what belongs to others takes, and no other. */
const RIGHTS = ['CHOWN', 'DAC_OVERRIDE', 'FOWNER', 'FSETID', 'MKNOD', 'SETFCAP'];
const AT = '/volume';

/**
 * Runs tar where there is nothing but the system's programs and the volume: what a container puts there while it is
 * read or written leads nowhere else.
 */
function boxed(folder: string, how: '--dev-bind' | '--ro-bind', args: readonly string[]): ChildProcess {
  const system = ['/usr', '/bin', '/lib', '/lib64', '/nix', '/run/current-system'];
  const box = [
    ...system.flatMap((path) => ['--ro-bind-try', path, path]),
    how,
    folder,
    AT,
    '--chdir',
    AT,
    '--die-with-parent',
    // No namespace of users: in it no other owner could be given.
    '--unshare-ipc',
    '--unshare-pid',
    '--unshare-net',
    '--unshare-uts',
    ...RIGHTS.flatMap((right) => ['--cap-add', `CAP_${right}`]),
  ];
  return spawn('bwrap', [...box, '--', 'tar', ...args], {
    env: { PATH: SYSTEM_PATH, LC_ALL: 'C' },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
}

const FAITHFUL = [
  '--format=posix',
  '--sparse',
  '--numeric-owner',
  '--xattrs',
  '--xattrs-include=*',
  '--acls',
];
/** The same archive for the same content: nothing of when and by which process it was read. */
const SAME = [
  '--sort=name',
  '--pax-option=exthdr.name=%d/PaxHeaders/%f,delete=atime,delete=ctime',
  '--warning=no-file-ignored',
];

/** Resolves when the program has ended well. */
async function ended(child: ChildProcess): Promise<void> {
  let said = '';
  child.stderr?.on('data', (chunk: Buffer) => (said = (said + chunk.toString()).slice(-1000)));
  await new Promise<void>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => {
      const how = signal ?? `exit code ${code}`;
      if (code === 0) resolve();
      else reject(new HomeostatError('engine_error', `tar of a volume ended with ${how}: ${said.trim()}`));
    });
  });
}

export async function* readBoxed(folder: string, signal: AbortSignal): AsyncGenerator<Buffer> {
  const child = boxed(folder, '--ro-bind', ['-c', ...FAITHFUL, ...SAME, '-f', '-', '.']);
  const done = ended(child);
  done.catch(() => undefined);
  const kill = (): void => void child.kill('SIGKILL');
  signal.addEventListener('abort', kill);
  try {
    for await (const chunk of child.stdout as Readable) yield chunk as Buffer;
    await done;
  } finally {
    signal.removeEventListener('abort', kill);
    kill();
  }
}

export async function writeBoxed(
  folder: string,
  archive: AsyncIterable<Buffer>,
  signal: AbortSignal,
): Promise<void> {
  const child = boxed(folder, '--dev-bind', ['-x', '-p', '--same-owner', ...FAITHFUL, '-f', '-']);
  const done = ended(child);
  done.catch(() => undefined);
  try {
    await pipeline(Readable.from(archive), child.stdin as Writable, { signal });
    await done;
  } finally {
    child.kill('SIGKILL');
  }
}

/** Tells a folder from another that is made under its name later. */
export async function identityOf(folder: string): Promise<string> {
  const { ino, birthtimeNs } = await lstat(folder, { bigint: true });
  return `${ino} ${birthtimeNs}`;
}

/** Counts what a folder holds, until it is more than was asked for. */
export async function extentOf(
  folder: string,
  most: { entries: number; bytes: number },
): Promise<VolumeExtent> {
  const hash = createHash('sha256').update(await identityOf(folder));
  let [entries, bytes] = [0, 0];
  const walk = async (path: string): Promise<boolean> => {
    const names = await readdir(Buffer.from(path, 'latin1'), { encoding: 'latin1' });
    for (const name of names.toSorted()) {
      // Names are bytes: as Latin-1 none is lost.
      const inner = `${path}/${name}`;
      const stats = await lstat(Buffer.from(inner, 'latin1'), { bigint: true });
      hash.update(`${inner}\0${stats.mode} ${stats.size} ${stats.ctimeNs}\0`, 'latin1');
      entries += 1;
      bytes += stats.isFile() ? Number(stats.size) : 0;
      if (entries > most.entries || bytes > most.bytes) return false;
      if (stats.isDirectory() && !(await walk(inner))) return false;
    }
    return true;
  };
  const whole = await walk(Buffer.from(folder).toString('latin1'));
  return { entries, bytes, digest: whole ? hash.digest('hex') : null, whole };
}

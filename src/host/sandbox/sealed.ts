import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { Layer, Rung } from '../../core/sandbox.ts';
import { removeTree } from '../journal/discard.ts';

const exec = promisify(execFile);

/** `$1` are the options; then the root and its folder in the store, for each overlay. */
const SCRIPT = `
options=$1; shift
while [ $# -gt 0 ]; do
  cd "$2" && mkdir -p check || exit
  mount -i -n -t overlay -o "$options,lowerdir=/proc/self/fd/6,upperdir=upper,workdir=check" homeostat . 6<"$1" || exit
  cd /; shift 2
done
`;

/** With an index the kernel refuses a second overlay over an upper folder while the first one is in use. */
const ROOT_OPTIONS = 'redirect_dir=on,index=on,metacopy=on,volatile';
const USER_OPTIONS = 'userxattr,index=on,volatile';

/** The kernel may let go of the last mount some moments after the last process, on a busy machine a second. */
const ATTEMPTS = 12;
const PAUSE_MS = 25;

/**
 * Whether nobody can write to the layers of a box that has ended. Its processes are dead, but one of them may have
 * handed a file or a folder that it had open to a process of another box, through a socket in a folder that the two
 * share. Through that descriptor the stage, and once it is committed the root, could be written to unseen.
 */
export async function isSealed(
  layers: readonly Layer[],
  rung: Exclude<Rung, 'snapshot'>,
  env: Readonly<Record<string, string>>,
): Promise<boolean> {
  const isRoot = rung === 'root_overlay';
  const starters = ['--mount', ...(isRoot ? [] : ['--user', '--map-root-user'])];
  const options = isRoot ? ROOT_OPTIONS : USER_OPTIONS;
  const args = layers.flatMap(({ root, folder }) => [root, folder]);
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const isFree = await exec('unshare', [...starters, '/bin/sh', '-c', SCRIPT, 'sh', options, ...args], {
      cwd: '/',
      env,
    }).then(
      () => true,
      () => false,
    );
    for (const { folder } of layers) removeTree(join(folder, 'check'));
    if (isFree) return true;
    await sleep(PAUSE_MS * (attempt + 1));
  }
  return false;
}

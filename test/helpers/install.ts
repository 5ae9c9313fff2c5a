import { spawnSync } from 'node:child_process';

export const INSTALL = 'sudo apt-get install bubblewrap';

const works = (): boolean => spawnSync('bwrap', ['--version']).status === 0;

function apt(...words: string[]): boolean {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  return spawnSync('apt-get', words, { env, timeout: 120_000 }).status === 0;
}

/** Whether bubblewrap is there; installs it where this process may. */
export function hasBubblewrap(): boolean {
  if (works() || process.getuid?.() !== 0) return works();
  const install = ['install', '-y', '--no-install-recommends', 'bubblewrap'];
  if (!apt(...install) && apt('update')) apt(...install);
  return works();
}

/** Before the first test, so that none of them finds a machine without a sandbox that could have one. */
export default function setup(): void {
  if (hasBubblewrap()) return;
  if (process.env['CI'] === 'true') throw new Error(`bubblewrap is missing: ${INSTALL}`);
  process.stderr.write(`bubblewrap is missing, tests of the sandbox will not pass: ${INSTALL}\n`);
}

import { spawnSync } from 'node:child_process';

const works = (): boolean => spawnSync('bwrap', ['--version']).status === 0;

function apt(...words: string[]): boolean {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  return spawnSync('apt-get', words, { env, timeout: 120_000 }).status === 0;
}

/** Installs bubblewrap where it is missing and this process may: before the first test, so that all of them find it. */
export default function setup(): void {
  if (process.platform !== 'linux' || works() || process.getuid?.() !== 0) return;
  const install = ['install', '-y', '--no-install-recommends', 'bubblewrap'];
  if (!apt(...install) && apt('update')) apt(...install);
}

import { spawnSync } from 'node:child_process';

function apt(...words: string[]): boolean {
  // In run level 1 no package starts its services.
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' };
  return spawnSync('apt-get', words, { env, timeout: 300_000 }).status === 0;
}

const PATH = `${process.env['PATH']}:/usr/sbin:/sbin`;
const works = (program: string): boolean =>
  spawnSync(program, ['--version'], { env: { ...process.env, PATH } }).error === undefined;

/** What the tests need beyond npm: each program and Debian's package of it. */
const NEEDED = [
  ['bwrap', 'bubblewrap'],
  ['python3', 'python3'],
  ['rsync', 'rsync'],
  ['sqlite3', 'sqlite3'],
  ['dockerd', 'docker.io'],
  ['busybox', 'busybox-static'],
  ['docker-compose', 'docker-compose'],
  ['promtool', 'prometheus'],
  ['docker-registry', 'docker-registry'],
  ['sshd', 'openssh-server'],
] as const;

/** The needed programs that this machine lacks. */
export const missing = (): string[] =>
  NEEDED.filter(([program]) => !works(program)).map(([program]) => program);

/** Installs what is missing where this process may: before the first test, so that all of them find it. */
export default function setup(): void {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return;
  const packages = NEEDED.filter(([program]) => !works(program)).map(([, name]) => name);
  if (packages.length === 0) return;
  const install = ['install', '-y', '--no-install-recommends', ...packages];
  if (!apt(...install) && apt('update')) apt(...install);
}

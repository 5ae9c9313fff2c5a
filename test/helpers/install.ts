import { spawnSync } from 'node:child_process';

function apt(...words: string[]): boolean {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  return spawnSync('apt-get', words, { env, timeout: 120_000 }).status === 0;
}

const works = (program: string): boolean => spawnSync(program, ['--version']).status === 0;

/** What the tests need beyond npm: each program and Debian's package of it. */
const NEEDED = [
  ['bwrap', 'bubblewrap'],
  ['python3', 'python3'],
  ['rsync', 'rsync'],
  ['sqlite3', 'sqlite3'],
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

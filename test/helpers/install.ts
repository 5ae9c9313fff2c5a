import { spawnSync } from 'node:child_process';

export const INSTALL = 'sudo apt-get install bubblewrap';

function apt(...words: string[]): boolean {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  return spawnSync('apt-get', words, { env, timeout: 120_000 }).status === 0;
}

/** Whether a program is there; installs the package of that name where this process may. */
function has(program: string, name = program): boolean {
  const works = (): boolean => spawnSync(program, ['--version']).status === 0;
  if (works() || process.getuid?.() !== 0) return works();
  const install = ['install', '-y', '--no-install-recommends', name];
  if (!apt(...install) && apt('update')) apt(...install);
  return works();
}

export const hasBubblewrap = (): boolean => has('bwrap', 'bubblewrap');

/** Programs that the tests of whole programs need, and that a machine with node, git and a compiler may lack. */
const PROGRAMS = ['rsync', 'sqlite3'] as const;
export const lacking = (): string[] => PROGRAMS.filter((program) => !has(program));

/** Before the first test, so that none of them finds a machine without a sandbox that could have one. */
export default function setup(): void {
  if (hasBubblewrap()) return;
  if (process.env['CI'] === 'true') throw new Error(`bubblewrap is missing: ${INSTALL}`);
  process.stderr.write(`bubblewrap is missing, tests of the sandbox will not pass: ${INSTALL}\n`);
}

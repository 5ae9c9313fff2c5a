import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, mkdirSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Rung, SandboxProbe } from '../../core/sandbox.ts';
import { removeTree } from '../journal/discard.ts';
import { launch } from './launch.ts';
import { begin } from './starter.ts';

const exec = promisify(execFile);

/** Builds a box over a root of its own and writes to it: nothing else tells for sure. */
export async function probe(
  stateFolder: string,
  env: Readonly<Record<string, string>>,
): Promise<SandboxProbe> {
  if (process.platform !== 'linux')
    return { rung: 'snapshot', why: 'Only Linux has the namespaces that it needs.' };
  const missing = await missingPrograms(env);
  if (missing !== null) return { rung: 'snapshot', why: missing };
  const said: string[] = [];
  for (const rung of process.getuid?.() === 0
    ? (['root_overlay', 'user_overlay'] as const)
    : (['user_overlay'] as const)) {
    const problem = await attempt(rung, stateFolder);
    if (problem === null) return { rung, why: rung === 'root_overlay' ? '' : lacksRoot(said) };
    said.push(problem);
  }
  return { rung: 'snapshot', why: `${remedy()} (${said.join('; ')})` };
}

const lacksRoot = ([problem]: readonly string[]): string =>
  problem === undefined
    ? 'As an ordinary user renamed folders are copied and hard links split; as root they are not.'
    : `This root may not mount (${problem}): give it CAP_SYS_ADMIN, or run outside the container.`;

async function missingPrograms(env: Readonly<Record<string, string>>): Promise<string | null> {
  for (const [program, ask, remedyOf] of [
    ['bwrap', '--version', 'apt-get install bubblewrap'],
    ['unshare', '--version', 'apt-get install util-linux'],
    ['setpriv', '--version', 'apt-get install util-linux'],
    ['mount', '--version', 'apt-get install mount'],
  ] as const) {
    const there = await exec(program, [ask], { env, timeout: 5000 }).then(
      () => true,
      () => false,
    );
    if (!there) return `${program} is missing: ${remedyOf}`;
  }
  return null;
}

/** Null where it worked, else what was said. */
async function attempt(rung: Exclude<Rung, 'snapshot'>, stateFolder: string): Promise<string | null> {
  mkdirSync(stateFolder, { recursive: true, mode: 0o700 });
  sweep(stateFolder);
  const base = mkdtempSync(join(stateFolder, 'probe-'));
  try {
    const [root, folder] = [join(base, 'root'), join(base, 'layer')] as const;
    for (const made of [root, join(folder, 'upper'), join(folder, 'work')])
      mkdirSync(made, { recursive: true });
    const user =
      rung === 'root_overlay'
        ? []
        : ['--unshare-user', '--uid', String(process.getuid?.()), '--gid', String(process.getgid?.())];
    const binds = ['--ro-bind', '/', '/', '--proc', '/proc', '--dev', '/dev', '--bind', folder, root];
    const limits = { processes: 10, memoryBytes: 1e8, cpuSeconds: 10, writtenBytes: 1e6 };
    const running = launch(begin(rung, limits, null), {
      overlays: [{ root, folder, points: false }],
      box: () => [...binds, ...user, '--unshare-pid', '--unshare-net', '--die-with-parent', '--chdir', root],
      filter: null,
      command: ['/bin/sh', '-c', ': >written'],
      env: {},
      outputBytes: 2000,
    });
    const { exitCode, stderr } = await running.ended;
    if (exitCode === 0 && existsSync(join(folder, 'upper', 'written'))) return null;
    return stderr.toString().trim().split('\n').at(-1) ?? `exit code ${exitCode}`;
  } finally {
    removeTree(base);
  }
}

/** What servers left that were killed while they tried; none tries for so long. */
function sweep(stateFolder: string): void {
  for (const name of readdirSync(stateFolder).filter((one) => one.startsWith('probe-'))) {
    const left = join(stateFolder, name);
    const stats = statSync(left, { throwIfNoEntry: false });
    if (stats !== undefined && stats.mtimeMs < Date.now() - ABANDONED_MS) removeTree(left);
  }
}
const ABANDONED_MS = 600_000;

/** What most often stands in the way of user namespaces. */
function remedy(): string {
  if (existsSync('/.dockerenv') || existsSync('/run/.containerenv'))
    return 'A plain container denies namespaces: run homeostat on the machine itself, or the container with --privileged.';
  if (existsSync('/proc/sys/kernel/apparmor_restrict_unprivileged_userns'))
    return 'AppArmor denies user namespaces: sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0, or a profile for bwrap and unshare.';
  if (existsSync('/proc/sys/kernel/unprivileged_userns_clone'))
    return 'User namespaces are denied: sudo sysctl -w kernel.unprivileged_userns_clone=1';
  return 'User namespaces or overlays in them are denied: Linux 5.11 or newer, and sudo sysctl -w user.max_user_namespaces=10000';
}

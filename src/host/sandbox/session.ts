import { execFile } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import type { SandboxData } from '../../core/sandbox.ts';

const exec = promisify(execFile);

/** Where the private home and the caches are seen in the box. */
export const BOX_HOME = '/run/homeostat/home';
export const BOX_CACHES = '/run/homeostat/caches';

/** The folders of one connection that a command may write to and that are not part of any transaction. */
export interface Session {
  readonly home: string;
  readonly tmp: string;
  readonly varTmp: string;
  readonly caches: string;
  /** Stand for files and folders that are hidden. */
  readonly emptyFile: string;
}

export interface SessionSource {
  readonly folder: string;
  readonly caches: string;
  readonly data: SandboxData;
  readonly env: NodeJS.ProcessEnv;
}

/**
 * Makes them once. Afterwards an agent has written in them, so that nothing is ever written there again from outside:
 * a link in them could lead anywhere.
 */
export async function openSession({ folder, caches, data, env }: SessionSource): Promise<Session> {
  const ready = join(folder, 'box');
  const session = {
    home: join(ready, 'home'),
    tmp: join(ready, 'tmp'),
    varTmp: join(ready, 'var-tmp'),
    emptyFile: join(ready, 'empty'),
    caches,
  };
  for (const name of Object.keys(data.caches))
    mkdirSync(join(caches, name), { recursive: true, mode: 0o700 });
  if (existsSync(ready)) return session;
  const made = join(folder, `box.${process.pid}.${performance.now()}`);
  for (const name of ['tmp', 'var-tmp', 'home'])
    mkdirSync(join(made, name), { recursive: true, mode: 0o700 });
  for (const name of ['tmp', 'var-tmp']) chmodSync(join(made, name), 0o1777);
  writeFileSync(join(made, 'empty'), '', { mode: 0o444 });
  for (const [name, place] of Object.entries(data.caches)) {
    const link = join(made, 'home', place);
    mkdirSync(dirname(link), { recursive: true });
    symlinkSync(join(BOX_CACHES, name), link);
  }
  writeFileSync(join(made, 'home', '.gitconfig'), await gitIdentity(env));
  try {
    renameSync(made, ready);
  } catch (error) {
    rmSync(made, { recursive: true, force: true });
    // Another command of the same connection was first.
    if (!existsSync(ready)) throw error;
  }
  return session;
}

/** The person's name and address, and whose repositories are trusted, out of their own configuration. */
async function gitIdentity(env: NodeJS.ProcessEnv): Promise<string> {
  const args = ['config', '--global', '--includes', '-z', '--get-regexp'];
  const wanted = String.raw`^(user\.(name|email)|safe\.directory|init\.defaultbranch)$`;
  const listed = await exec('git', [...args, wanted], { env, timeout: 5000 }).then(
    ({ stdout }) => stdout,
    // No git, or nothing configured.
    () => '',
  );
  return listed
    .split('\0')
    .filter((entry) => entry.includes('\n'))
    .map((entry) => {
      const at = entry.indexOf('\n');
      const [section = '', key = ''] = entry.slice(0, at).split('.');
      return `[${section}]\n\t${key} = ${quoted(entry.slice(at + 1))}\n`;
    })
    .join('');
}

const quoted = (value: string): string =>
  `"${value.replaceAll(/["\\]/g, String.raw`\$&`).replaceAll('\n', String.raw`\n`)}"`;

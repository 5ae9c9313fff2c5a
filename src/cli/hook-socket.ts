import { lstatSync, readFileSync, statSync } from 'node:fs';
import { connect } from 'node:net';
import { resolve } from 'node:path';
import type { HookCall, Said } from './hook/call.ts';

/** The most that is read from a client, in characters. */
export const MOST = 33_554_432;

/** So long, in milliseconds, the resident process may take; then the hook assesses by itself. */
const PATIENCE = 2_000;

/** Names this very program, so that a process which runs an older one is told apart: version, file and time. */
export function buildOf(): string {
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
    version: string;
  };
  const main = process.argv[1] ?? '';
  return `${version} ${main} ${statSync(main).mtimeMs} ${process.env['HOME'] ?? ''}`;
}

/** The state folder, told as `src/store/home.ts` does; null where only the system's own records would tell. */
export function stateFolderOf(env: NodeJS.ProcessEnv): string | null {
  if (env['HOMEOSTAT_HOME']) return resolve(env['HOMEOSTAT_HOME']);
  const base = env['XDG_STATE_HOME'] ?? (env['HOME'] ? `${env['HOME']}/.local/state` : null);
  return base === null ? null : resolve(base, 'homeostat');
}

/** The longest path that a socket may have everywhere (sun_path of macOS is 104 bytes). */
const LONGEST = 100;

export function socketIn(folder: string): string | null {
  const path = `${folder}/hook.sock`;
  return Buffer.byteLength(`${path}.${2 ** 22}`) > LONGEST ? null : path;
}

/** Whether the folder is this user's alone, and what stands at the path a socket of this user's. */
export function isOurs(folder: string, socket: string): boolean {
  const user = process.getuid?.();
  const at = lstatSync(folder, { throwIfNoEntry: false });
  if (at?.isDirectory() !== true || at.uid !== user || (at.mode & 0o077) !== 0) return false;
  const file = lstatSync(socket, { throwIfNoEntry: false });
  return file?.isSocket() === true && file.uid === user;
}

/** The resident process's answer; null where there is none, none that can be trusted, or none in time. */
export async function askResident(call: HookCall): Promise<Said | null> {
  const folder = stateFolderOf(process.env);
  const path = folder === null ? null : socketIn(folder);
  if (folder === null || path === null || !isOurs(folder, path)) return null;
  const build = buildOf();
  return new Promise((done) => {
    let text = '';
    const socket = connect(path);
    const end = (said: Said | null): void => {
      clearTimeout(timer);
      socket.destroy();
      done(said);
    };
    const timer = setTimeout(() => end(null), PATIENCE);
    socket.setEncoding('utf8');
    socket.on('error', () => end(null));
    socket.on('data', (chunk: string) => {
      text += chunk;
      if (text.length > MOST) end(null);
    });
    socket.on('end', () => end(saidIn(text, build)));
    socket.end(JSON.stringify({ build, call }));
  });
}

function saidIn(text: string, build: string): Said | null {
  try {
    const answer = JSON.parse(text) as { build?: unknown; said?: Partial<Said> | null } | null;
    const said = answer?.said;
    if (answer?.build !== build || typeof said?.stdout !== 'string' || typeof said.stderr !== 'string')
      return null;
    return said.code === 0 || said.code === 2
      ? { stdout: said.stdout, stderr: said.stderr, code: said.code }
      : null;
  } catch {
    return null;
  }
}

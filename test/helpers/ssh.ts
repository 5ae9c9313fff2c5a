import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from './registry.ts';

/** A way to this machine by its own sshd, with keys and settings that this machine's ssh does not have. */
export interface SshHost {
  /** Ends it and removes its folder. */
  stop(): void;
  readonly port: number;
  readonly user: string;
  /** Folder whose `ssh` is the system's with these settings; to be put before all others in PATH. */
  readonly bin: string;
  /** Writes the file of hosts that are known; without lines none is. */
  know(lines: string): void;
  /** The host's line of it. */
  readonly line: string;
  /** Ends the connections that there are. */
  cut(): void;
  /** How many connections were let in. */
  accepted(): number;
}

/** Starts an sshd on a port, a folder and keys of its own. */
export async function startSshd(): Promise<SshHost> {
  const base = mkdtempSync(join(tmpdir(), 'homeostat-ssh-'));
  const at = (name: string): string => join(base, name);
  const port = await freePort();
  for (const name of ['host', 'user'])
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', name, '-f', at(name)]);
  writeFileSync(at('authorized'), readFileSync(at('user.pub')), { mode: 0o600 });
  const settings = [
    `Port ${port}`,
    'ListenAddress 127.0.0.1',
    `HostKey ${at('host')}`,
    `AuthorizedKeysFile ${at('authorized')}`,
    `PidFile ${at('pid')}`,
    'StrictModes no',
    'UsePAM yes',
    'PasswordAuthentication no',
    'PermitRootLogin yes',
    'LogLevel VERBOSE',
  ];
  writeFileSync(at('sshd_config'), `${settings.join('\n')}\n`);
  mkdirSync('/run/sshd', { recursive: true, mode: 0o755 });
  const child = spawn('/usr/sbin/sshd', ['-D', '-f', at('sshd_config'), '-E', at('log')], {
    stdio: 'ignore',
  });
  await listening(port);
  // What a person writes into their own settings; the command line is not loosened by them.
  const loose = ['StrictHostKeyChecking no', `UserKnownHostsFile ${at('known')}`, 'IdentitiesOnly yes'];
  writeFileSync(at('config'), `${[...loose, `IdentityFile ${at('user')}`].join('\n')}\n`, { mode: 0o600 });
  mkdirSync(at('bin'));
  writeFileSync(at('bin/ssh'), `#!/bin/sh\nexec /usr/bin/ssh -F ${at('config')} "$@"\n`);
  chmodSync(at('bin/ssh'), 0o755);
  const [type, key] = readFileSync(at('host.pub'), 'utf8').split(' ');
  const log = (): string => readFileSync(at('log'), 'utf8');
  const know = (lines: string): void => writeFileSync(at('known'), lines);
  know('');
  return {
    port,
    user: userInfo().username,
    bin: at('bin'),
    know,
    line: `[127.0.0.1]:${port} ${type} ${key}\n`,
    accepted: () => log().split('Accepted publickey').length - 1,
    stop() {
      child.kill();
      rmSync(base, { recursive: true, force: true });
    },
    cut: () => childrenOf(child.pid ?? 0).forEach(end),
  };
}

/** Each connection has a process of its own. */
function childrenOf(parent: number): number[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids.filter((pid) => parentOf(pid) === parent).map(Number);
}

function parentOf(pid: string): number {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return Number(text.slice(text.lastIndexOf(')') + 2).split(' ')[1]);
  } catch {
    return 0;
  }
}

function end(pid: number): void {
  try {
    process.kill(pid);
  } catch {
    // Ended by itself.
  }
}

async function listening(port: number): Promise<void> {
  for (;;) {
    const socket = connect({ port, host: '127.0.0.1' });
    const answered = await new Promise((resolve) => {
      socket.once('data', () => resolve(true)).once('error', () => resolve(false));
    });
    socket.destroy();
    if (answered === true) return;
    await sleep(20);
  }
}

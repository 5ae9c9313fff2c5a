import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import Docker from 'dockerode';
import { HomeostatError } from '../../core/errors.ts';
import type { Address } from './address.ts';
import { OverSsh } from './over-ssh.ts';
import { steady } from './steady.ts';

const TLS_PORT = 2376;
const PLAIN_PORT = 2375;
/** For what a person or an agent has given its own time: a command in a container, a stop, a pull. */
const LONG_MS = 24 * 3_600_000;

export interface Connected {
  readonly docker: Docker;
  /** The same, for what may be silent for long. */
  readonly patient: Docker;
  /** Null where no ssh is needed. */
  readonly ssh: OverSsh | null;
}

export function connect(address: Address, env: NodeJS.ProcessEnv, answerMs: number): Connected {
  const isSsh = URL.canParse(address.host) && new URL(address.host).protocol === 'ssh:';
  const both = (open: (timeout: number) => Docker): Pick<Connected, 'docker' | 'patient'> => ({
    docker: open(answerMs),
    patient: open(LONG_MS),
  });
  if (!isSsh) return { ...both((timeout) => steady(directly(address, timeout), timeout)), ssh: null };
  const ssh = new OverSsh(address.host, env);
  // The name is nobody's: every connection of this agent leads to the engine.
  const options = { protocol: 'http', host: 'docker', port: 80, agent: ssh } as const;
  return { ...both((timeout) => new Docker({ ...options, timeout })), ssh };
}

function directly({ host, certificates }: Address, timeout: number): Docker {
  const url = URL.canParse(host) ? new URL(host) : null;
  if (url?.protocol === 'unix:') return new Docker({ socketPath: url.pathname, timeout });
  if (url?.protocol === 'tcp:' || url?.protocol === 'https:' || url?.protocol === 'http:') {
    const secure = certificates !== null || url.protocol === 'https:';
    const port = Number(url.port) || (secure ? TLS_PORT : PLAIN_PORT);
    const keys = certificates === null ? {} : keysIn(certificates);
    return new Docker({
      protocol: secure ? 'https' : 'http',
      host: url.hostname,
      port,
      timeout,
      ...keys,
    });
  }
  throw new HomeostatError('config_invalid', `docker.host: ${host} is none of unix://, tcp:// and ssh://`);
}

function keysIn(folder: string): { ca: Buffer; cert: Buffer; key: Buffer } {
  const [ca, cert, key] = ['ca.pem', 'cert.pem', 'key.pem'].map((name) => {
    const path = join(folder, name);
    if (!existsSync(path))
      throw new HomeostatError('config_invalid', `docker.certificates: ${path} is missing`);
    return readFileSync(path);
  }) as [Buffer, Buffer, Buffer];
  return { ca, cert, key };
}

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import Docker from 'dockerode';
import { HomeostatError } from '../../core/errors.ts';
import type { Address } from './address.ts';

const TLS_PORT = 2376;
const PLAIN_PORT = 2375;
const ANSWER_MS = 60_000;

export function connect({ host, certificates }: Address): Docker {
  const agent = process.env['SSH_AUTH_SOCK'];
  const url = URL.canParse(host) ? new URL(host) : null;
  if (url?.protocol === 'unix:') return new Docker({ socketPath: url.pathname, timeout: ANSWER_MS });
  if (url?.protocol === 'tcp:' || url?.protocol === 'https:' || url?.protocol === 'http:') {
    const secure = certificates !== null || url.protocol === 'https:';
    const port = Number(url.port) || (secure ? TLS_PORT : PLAIN_PORT);
    const keys = certificates === null ? {} : keysIn(certificates);
    return new Docker({
      protocol: secure ? 'https' : 'http',
      host: url.hostname,
      port,
      timeout: ANSWER_MS,
      ...keys,
    });
  }
  if (url?.protocol === 'ssh:')
    return new Docker({
      protocol: 'ssh',
      host: url.hostname,
      port: Number(url.port) || 22,
      username: url.username || (process.env['USER'] ?? 'root'),
      ...(agent ? { sshOptions: { agent } } : {}),
      timeout: ANSWER_MS,
    });
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

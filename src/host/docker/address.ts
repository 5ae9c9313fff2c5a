import { homedir } from 'node:os';
import { join } from 'node:path';

const SOCKET = '/var/run/docker.sock';

export interface Address {
  /** `unix:///PATH`, `tcp://HOST:PORT` or `ssh://USER@HOST`. */
  readonly host: string;
  /** Folder of `ca.pem`, `cert.pem` and `key.pem`; with it TCP is encrypted and both sides are checked. */
  readonly certificates: string | null;
}

/**
 * The engine that a person has configured, else the one of the environment, else this machine's own; the variables are
 * those of Docker's own client, https://docs.docker.com/reference/cli/docker/#environment-variables.
 */
export function engineAddress(
  configured: { host?: string | undefined; certificates?: string | undefined },
  env: NodeJS.ProcessEnv,
): Address {
  const host = configured.host ?? env['DOCKER_HOST'] ?? `unix://${SOCKET}`;
  const verify = env['DOCKER_TLS_VERIFY'] ? (env['DOCKER_CERT_PATH'] ?? join(homedir(), '.docker')) : null;
  return { host, certificates: configured.certificates ?? verify };
}

/** What Docker's own programs are told of it; where it is not encrypted, that too, whatever the environment says. */
export const clientVariables = ({ host, certificates }: Address): Record<string, string> => ({
  DOCKER_HOST: host,
  DOCKER_TLS_VERIFY: certificates === null ? '' : '1',
  ...(certificates === null ? {} : { DOCKER_CERT_PATH: certificates }),
});

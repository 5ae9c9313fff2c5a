import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { freePort } from './registry.ts';

export interface Secure {
  /** What an engine is started with, so that it also answers over TCP, to whoever has a certificate. */
  readonly args: readonly string[];
  readonly host: string;
  /** Variables by which a client finds its certificate. */
  readonly env: NodeJS.ProcessEnv;
}

const days = ['-days', '2', '-nodes', '-newkey', 'rsa:2048'];

/** Certificates of an authority, an engine and a client, made for one file of tests. */
export async function secureAddress(): Promise<Secure> {
  const base = mkdtempSync(join(tmpdir(), 'homeostat-tls-'));
  afterAll(() => rmSync(base, { recursive: true, force: true }));
  const openssl = (...args: string[]): Buffer => execFileSync('openssl', args, { cwd: base, stdio: 'pipe' });
  openssl('req', '-x509', ...days, '-subj', '/CN=ca', '-keyout', 'ca-key.pem', '-out', 'ca.pem');
  for (const [name, use] of [
    ['engine', 'serverAuth'],
    ['client', 'clientAuth'],
  ] as const) {
    writeFileSync(join(base, `${name}.ext`), `subjectAltName=IP:127.0.0.1\nextendedKeyUsage=${use}\n`);
    const key = name === 'client' ? 'key.pem' : 'engine-key.pem';
    const out = name === 'client' ? 'cert.pem' : 'engine.pem';
    openssl('req', '-new', ...days.slice(2), '-subj', `/CN=${name}`, '-keyout', key, '-out', `${name}.csr`);
    const signed = ['-CA', 'ca.pem', '-CAkey', 'ca-key.pem', '-CAcreateserial', '-extfile', `${name}.ext`];
    openssl('x509', '-req', '-days', '2', '-in', `${name}.csr`, ...signed, '-out', out);
  }
  const host = `tcp://127.0.0.1:${await freePort()}`;
  const at = (name: string): string => join(base, name);
  const keys = [
    `--tlscacert=${at('ca.pem')}`,
    `--tlscert=${at('engine.pem')}`,
    `--tlskey=${at('engine-key.pem')}`,
  ];
  return {
    args: ['--host', host, '--tlsverify', ...keys],
    host,
    env: { DOCKER_TLS_VERIFY: '1', DOCKER_CERT_PATH: base },
  };
}

import {
  type KeyObject,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  sign,
  verify,
} from 'node:crypto';
import { existsSync, linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { canonical } from './canonical.ts';

/** What is signed names the key, so that whoever kept one statement knows whether a later one is of the same key. */
export type Signed<T> = T & {
  /** The Ed25519 public key (RFC 8032): 32 bytes, base64url. */
  readonly key: string;
  /** Of the canonical JSON of all other fields; 64 bytes, base64url. */
  readonly signature: string;
};

export interface AuditSigner {
  readonly key: string;
  sign<T extends object>(statement: T): Signed<T>;
}

/** The key in this file; made, with mode 0600, by whoever comes first. */
export function openSigner(path: string): AuditSigner {
  const secret = createPrivateKey(readOrMake(path));
  const key = keyText(createPublicKey(secret));
  return {
    key,
    sign(statement) {
      const whole = { ...statement, key };
      const signature = sign(null, Buffer.from(canonical(whole)), secret).toString('base64url');
      return { ...whole, signature };
    },
  };
}

/** The public key of the file; null where there is none yet. */
export function existingKey(path: string): string | null {
  return existsSync(path) ? keyText(createPublicKey(readFileSync(path, 'utf8'))) : null;
}

/** Whether a statement is signed by the key that it names. */
export function isSigned(statement: Signed<object>): boolean {
  try {
    const { signature, ...whole } = statement;
    const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: statement.key }, format: 'jwk' });
    return verify(null, Buffer.from(canonical(whole)), key, Buffer.from(signature, 'base64url'));
  } catch {
    return false;
  }
}

const keyText = (key: KeyObject): string => String(key.export({ format: 'jwk' })['x']);

function readOrMake(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const pem = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' });
  const temporary = `${path}.${process.pid}`;
  writeFileSync(temporary, pem, { mode: 0o600, flag: 'wx', flush: true });
  try {
    // Two processes may come to it at once; a link never replaces what is there.
    linkSync(temporary, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    rmSync(temporary);
  }
  return readFileSync(path, 'utf8');
}

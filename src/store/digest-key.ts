import { createHmac, randomBytes } from 'node:crypto';
import { linkSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { HomeostatError } from '../core/errors.ts';

const BYTES = 32;

/** A digest that only this state can compute: from a plain one of a short secret the secret could be guessed. */
export type KeyedDigest = (content: string | Uint8Array) => string;

/** HMAC-SHA-256 in hexadecimal, with a key of this state's own that is made when it is first needed. */
export function keyedDigest(path: string): KeyedDigest {
  let key: Buffer | null = null;
  return (content) =>
    createHmac('sha256', (key ??= keyAt(path)))
      .update(content)
      .digest('hex');
}

function keyAt(path: string): Buffer {
  const key = read(path) ?? made(path);
  if (key.length === BYTES) return key;
  throw new HomeostatError('state_corrupt', `${path} is not a key`, {
    next: `A person removes it (rm ${path}); what waits for approval is then asked anew.`,
  });
}

function read(path: string): Buffer | null {
  try {
    return readFileSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

/** Linked into place whole, so that of several processes that make one all use the same. */
function made(path: string): Buffer {
  const temporary = `${path}.${process.pid}.${randomBytes(4).toString('hex')}`;
  writeFileSync(temporary, randomBytes(BYTES), { mode: 0o600, flag: 'wx', flush: true });
  try {
    linkSync(temporary, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    rmSync(temporary, { force: true });
  }
  return readFileSync(path);
}

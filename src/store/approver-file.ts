import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { promisify } from 'node:util';
import * as z from 'zod';

const hash = promisify<string, Buffer, number, object, Buffer>(scrypt);

/** As RFC 7914 names them. */
export type ScryptCost = Readonly<Record<'N' | 'r' | 'p', number>>;

/** About 100 ms and 64 MB a guess. */
const COST: ScryptCost = { N: 65_536, r: 8, p: 1 };
const MOST_BYTES = 128 * 1024 * 1024;
const KEY_BYTES = 32;

const fileSchema = z.strictObject({
  salt: z.string(),
  key: z.string(),
  cost: z.object({ N: z.number(), r: z.number(), p: z.number() }),
});

/** The approver's passphrase, of which only a salted scrypt key is kept. */
export interface ApproverFile {
  enrolled(): boolean;
  enrol(passphrase: string): Promise<void>;
  /** False for a wrong passphrase and where nobody is enrolled. */
  check(passphrase: string): Promise<boolean>;
}

/** What is enrolled from now on takes `cost` for each guess; what was, what it took then. */
export function approverFile(path: string, { N, r, p }: ScryptCost = COST): ApproverFile {
  return {
    enrolled: () => existsSync(path),
    async enrol(passphrase) {
      const salt = randomBytes(16);
      const key = await hash(passphrase, salt, KEY_BYTES, { N, r, p, maxmem: MOST_BYTES });
      const temporary = `${path}.${process.pid}`;
      const content = { salt: salt.toString('base64'), key: key.toString('base64'), cost: { N, r, p } };
      writeFileSync(temporary, JSON.stringify(content), { mode: 0o600, flush: true });
      renameSync(temporary, path);
    },
    async check(passphrase) {
      if (!existsSync(path)) return false;
      const { salt, key, cost } = fileSchema.parse(JSON.parse(readFileSync(path, 'utf8')));
      const expected = Buffer.from(key, 'base64');
      const given = await hash(passphrase, Buffer.from(salt, 'base64'), expected.length, {
        ...cost,
        maxmem: MOST_BYTES,
      });
      return timingSafeEqual(given, expected);
    },
  };
}

import { randomBytes, timingSafeEqual } from 'node:crypto';
import {
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';
import * as z from 'zod';
import { HomeostatError } from '../core/errors.ts';
import { TOKEN_SCOPES, type TokenInfo } from '../core/tokens.ts';
import { sha256 } from './objects.ts';

/** So many random bytes cannot be guessed, so that a plain digest of them is kept. */
const BYTES = 32;
const PREFIX = 'hst_';

const rowSchema = z.strictObject({
  name: z.string(),
  sha256: z.string(),
  card: z.string().nullable(),
  scope: z.enum(TOKEN_SCOPES),
  created: z.string(),
});
type TokenRow = z.infer<typeof rowSchema>;

/** The tokens of clients that come over HTTP, of which only digests are kept; changes are made by one process at a time. */
export interface TokenFile {
  list(): TokenInfo[];
  /** Answers the token, which nobody can read again. */
  add(info: TokenInfo): string;
  /** False where there is none of that name. */
  remove(name: string): boolean;
  find(token: string): TokenInfo | null;
}

export function tokenFile(path: string): TokenFile {
  let known: { stamp: string; rows: readonly TokenRow[] } = { stamp: '', rows: [] };
  const rows = (): readonly TokenRow[] => {
    if (!existsSync(path)) return [];
    const { ino, mtimeNs, size } = statSync(path, { bigint: true });
    const stamp = `${ino} ${mtimeNs} ${size}`;
    if (stamp !== known.stamp) known = { stamp, rows: read(path) };
    return known.rows;
  };
  const write = (all: readonly TokenRow[]): void => {
    const temporary = `${path}.${process.pid}`;
    writeFileSync(temporary, JSON.stringify(all), { mode: 0o600, flush: true });
    renameSync(temporary, path);
    // One that was taken back must not come again with the power.
    const folder = openSync(dirname(path), 'r');
    fsyncSync(folder);
    closeSync(folder);
  };
  return {
    list: () => rows().map(infoOf),
    add(info) {
      const token = PREFIX + randomBytes(BYTES).toString('base64url');
      write([...rows(), { ...info, sha256: sha256(token) }]);
      return token;
    },
    remove(name) {
      const left = rows().filter((row) => row.name !== name);
      const found = left.length < rows().length;
      if (found) write(left);
      return found;
    },
    find(token) {
      const digest = Buffer.from(sha256(token));
      const row = rows().find(({ sha256: kept }) => timingSafeEqual(Buffer.from(kept), digest));
      return row === undefined ? null : infoOf(row);
    },
  };
}

const infoOf = ({ name, card, scope, created }: TokenRow): TokenInfo => ({ name, card, scope, created });

const DIGEST = /^[0-9a-f]{64}$/;

function read(path: string): TokenRow[] {
  try {
    const rows = z.array(rowSchema).parse(JSON.parse(readFileSync(path, 'utf8')));
    if (rows.every((row) => DIGEST.test(row.sha256))) return rows;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'EACCES') throw cause;
  }
  throw new HomeostatError('state_corrupt', `${path} is not a list of tokens`, {
    next: `A person removes it (rm ${path}) and makes the tokens anew: homeostat token add NAME.`,
  });
}

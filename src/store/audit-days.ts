import { createHash } from 'node:crypto';
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { setImmediate as yielded } from 'node:timers/promises';
import { gunzipSync, gzipSync } from 'node:zlib';
import * as z from 'zod';
import type { Link } from './audit-chain.ts';
import type { Signed } from './audit-signer.ts';
import { sha256 } from './objects.ts';

const manifestSchema = z.object({
  /** The UTC day that its records tell of themselves, and a number where the clock made it come again. */
  name: z.string(),
  first_seq: z.number().int().positive(),
  last_seq: z.number().int().positive(),
  /** What the first record names as the hash of the one before it. */
  prev: z.string(),
  last_hash: z.string(),
  last_time: z.string(),
  /** Of the file's bytes. */
  sha256: z.string(),
  bytes: z.number().int(),
  key: z.string(),
  signature: z.string(),
});
export type Manifest = Omit<z.infer<typeof manifestSchema>, 'key' | 'signature'>;
export type SignedManifest = Signed<Manifest>;

/** The folder of sealed days: for each a file of one record a line, exactly as hashed, and its signed manifest. */
export interface DayFiles {
  /** Writes the lines durably and says what they are; nothing is sealed before its manifest is there. */
  write(name: string, batches: Iterable<readonly Link[]>, prev: string): Promise<Manifest | null>;
  seal(manifest: SignedManifest): void;
  /** Every manifest in the order of its records; null for a file that is none. */
  manifests(): (SignedManifest | null)[];
  /** The bytes of a day's file, also once it is archived; null where it is gone or cannot be read. */
  read(name: string): Buffer | null;
  /** Compresses a day's file. */
  archive(name: string): void;
  exists(name: string): boolean;
  /** Keeps a day that tells of other records where nothing looks for it. */
  setAside(name: string): void;
}

export function dayFiles(folder: string): DayFiles {
  const plain = (name: string): string => join(folder, `${name}.jsonl`);
  const packed = (name: string): string => join(folder, 'archive', `${name}.jsonl.gz`);
  const manifest = (name: string): string => join(folder, `${name}.manifest.json`);
  const readPacked = (name: string): Buffer => gunzipSync(readFileSync(packed(name)));
  return {
    async write(name, batches, prev) {
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      const temporary = `${plain(name)}.${process.pid}`;
      const file = openSync(temporary, 'w', 0o400);
      const digest = createHash('sha256');
      const found: { first?: Link | undefined; last?: Link | undefined } = {};
      let bytes = 0;
      try {
        for (const links of batches) {
          found.first ??= links[0];
          found.last = links.at(-1) ?? found.last;
          const text = Buffer.from(links.map(({ body }) => `${body}\n`).join(''));
          digest.update(text);
          bytes += text.length;
          writeSync(file, text);
          await yielded();
        }
        fsyncSync(file);
      } finally {
        closeSync(file);
      }
      const { first, last } = found;
      if (first === undefined || last === undefined) {
        rmSync(temporary);
        return null;
      }
      renameSync(temporary, plain(name));
      const { time } = JSON.parse(last.body) as { time: string };
      const range = { first_seq: first.seq, last_seq: last.seq, prev };
      const end = { last_hash: last.hash, last_time: time };
      return { name, ...range, ...end, sha256: digest.digest('hex'), bytes };
    },
    seal: (signed) => writeDurably(manifest(signed.name), `${JSON.stringify(signed)}\n`),
    manifests: () =>
      namesIn(folder)
        .filter((name) => name.endsWith('.manifest.json'))
        .map((name) => parsed(readFileSync(join(folder, name), 'utf8')))
        .toSorted((a, b) => (a?.first_seq ?? 0) - (b?.first_seq ?? 0)),
    read(name) {
      try {
        return existsSync(plain(name)) ? readFileSync(plain(name)) : readPacked(name);
      } catch {
        return null;
      }
    },
    archive(name) {
      if (!existsSync(plain(name))) return;
      mkdirSync(join(folder, 'archive'), { recursive: true, mode: 0o700 });
      writeDurably(packed(name), gzipSync(readFileSync(plain(name))));
      // Nothing goes before it has been read back whole.
      if (sha256(readPacked(name)) !== sha256(readFileSync(plain(name))))
        throw new Error(`${packed(name)} is not what was written`);
      rmSync(plain(name));
    },
    setAside(name) {
      const aside = join(folder, 'set-aside');
      mkdirSync(aside, { recursive: true, mode: 0o700 });
      const stamp = Date.now();
      for (const path of [manifest(name), plain(name), packed(name)])
        if (existsSync(path)) renameSync(path, join(aside, `${stamp}-${basename(path)}`));
    },
    exists: (name) => existsSync(plain(name)) || existsSync(packed(name)) || existsSync(manifest(name)),
  };
}

function writeDurably(path: string, content: string | Buffer): void {
  const temporary = `${path}.${process.pid}`;
  writeFileSync(temporary, content, { mode: 0o400, flush: true });
  renameSync(temporary, path);
}

function namesIn(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder) : [];
}

function parsed(text: string): SignedManifest | null {
  try {
    return manifestSchema.parse(JSON.parse(text));
  } catch {
    return null;
  }
}

/** The records of a sealed file, hashed anew; the bytes are cut where the lines end. */
export function* linksOf(content: Buffer, firstSeq: number): Generator<Link> {
  let [seq, from] = [firstSeq, 0];
  for (let end = content.indexOf(10); end >= 0; end = content.indexOf(10, from)) {
    const body = content.toString('utf8', from, end);
    yield { seq, hash: sha256(body), body };
    [seq, from] = [seq + 1, end + 1];
  }
}

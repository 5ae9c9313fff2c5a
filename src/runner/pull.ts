import { createHash } from 'node:crypto';
import {
  createReadStream,
  createWriteStream,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { HomeostatError } from '../core/errors.ts';

export interface PullOptions {
  /** Where models are kept. */
  readonly folder: string;
  /** An https address, or a file of this machine. */
  readonly from: string;
  /** SHA-256 in hex, which the whole file must have. */
  readonly sha256: string | null;
  readonly signal: AbortSignal;
  /** Bytes that are here, and how many there will be; null where nobody says. */
  readonly onProgress: (here: number, all: number | null) => void;
}

export interface Pulled {
  readonly file: string;
  readonly bytes: number;
  readonly sha256: string;
}

const MOST_REDIRECTS = 5;

/**
 * Brings a model file into the folder of models; what was cut short goes on where it stopped, if it is still the same
 * file there. Throws `invalid_input`, `not_found` where it cannot be had, and `verification_failed` where it is another.
 */
export async function pull(options: PullOptions): Promise<Pulled> {
  const { folder, from, sha256 } = options;
  const web = /^[a-z][\w+.-]*:\/\//i.test(from);
  const name = basename(web ? new URL(from).pathname : from);
  if (!/^[\w][\w.-]*\.gguf$/i.test(name))
    throw new HomeostatError('invalid_input', `${from} names no file that ends in .gguf`);
  if (sha256 !== null && !/^[0-9a-f]{64}$/i.test(sha256))
    throw new HomeostatError('invalid_input', `${sha256} is no SHA-256 in hex`);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const file = join(folder, name);
  if (existsSync(file)) throw new HomeostatError('invalid_input', `${file} is here already`);
  const part = `${file}.part`;
  if (web) await download(part, options);
  else await copy(from, part, options);
  const digest = await digestOf(part, options.signal);
  const head = Buffer.from(await firstBytes(part)).toString('latin1');
  const wrong = sha256 !== null && digest !== sha256.toLowerCase();
  if (wrong || head !== 'GGUF') {
    rmSync(part);
    rmSync(`${part}.etag`, { force: true });
    const what = wrong ? `its SHA-256 is ${digest}` : 'it is no GGUF file';
    throw new HomeostatError('verification_failed', `${from}: ${what}; it was removed`, {
      next: 'Check the address and the checksum.',
    });
  }
  renameSync(part, file);
  rmSync(`${part}.etag`, { force: true });
  return { file, bytes: statSync(file).size, sha256: digest };
}

async function firstBytes(file: string): Promise<Buffer> {
  for await (const chunk of createReadStream(file, { end: 3 })) return chunk as Buffer;
  return Buffer.alloc(0);
}

async function digestOf(file: string, signal: AbortSignal): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash, { signal });
  return hash.digest('hex');
}

async function copy(from: string, part: string, { signal, onProgress }: PullOptions): Promise<void> {
  if (!existsSync(from)) throw new HomeostatError('not_found', `there is no file ${from}`);
  const all = statSync(from).size;
  await pipeline(createReadStream(from), counted(0, all, onProgress), createWriteStream(part), { signal });
}

function counted(begun: number, all: number | null, onProgress: PullOptions['onProgress']) {
  return async function* count(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    let here = begun;
    for await (const chunk of source) {
      here += chunk.length;
      onProgress(here, all);
      yield chunk;
    }
  };
}

async function download(part: string, { from, signal, onProgress }: PullOptions): Promise<void> {
  const tag = existsSync(`${part}.etag`) ? readFileSync(`${part}.etag`, 'utf8') : null;
  const here = existsSync(part) && tag !== null ? statSync(part).size : 0;
  const headers: Record<string, string> =
    here > 0 && tag !== null ? { range: `bytes=${here}-`, 'if-range': tag } : {};
  try {
    const answer = await secureFetch(from, headers, signal);
    const whole = answer.status === 200;
    if (!(whole || answer.status === 206) || answer.body === null)
      throw new HomeostatError('not_found', `${from}: HTTP ${answer.status}`, { next: 'Check the address.' });
    const begun = whole ? 0 : here;
    const etag = answer.headers.get('etag');
    // A weak tag does not say that two files are the same to the byte.
    if (etag !== null && !etag.startsWith('W/')) writeFileSync(`${part}.etag`, etag);
    else rmSync(`${part}.etag`, { force: true });
    const length = Number(answer.headers.get('content-length') ?? Number.NaN);
    const all = Number.isFinite(length) ? begun + length : null;
    const flags = whole ? 'w' : 'a';
    await pipeline(answer.body, counted(begun, all, onProgress), createWriteStream(part, { flags }), {
      signal,
    });
    if (all !== null && statSync(part).size !== all) throw new Error('it was cut short');
  } catch (error) {
    if (error instanceof HomeostatError) throw error;
    if (signal.aborted)
      throw new HomeostatError('cancelled', `${from}: stopped`, {
        next: 'The same command goes on with it.',
      });
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause.message : '';
    const what =
      error instanceof Error ? `${error.message}${cause === '' ? '' : `: ${cause}`}` : String(error);
    throw new HomeostatError('not_found', `${from} cannot be fetched: ${what}`, {
      next: 'Check the network and the address; the same command goes on where it stopped. A file of this machine may be named instead.',
      cause: error,
    });
  }
}

/** Follows redirects by itself, so that none leads away from https. */
async function secureFetch(
  from: string,
  headers: Record<string, string>,
  signal: AbortSignal,
): Promise<Response> {
  let url = new URL(from);
  for (let hop = 0; hop <= MOST_REDIRECTS; hop++) {
    if (url.protocol !== 'https:')
      throw new HomeostatError('invalid_input', `${url.href} is not https`, {
        next: 'Name an https address, or a file of this machine.',
      });
    const answer = await fetch(url, { headers, signal, redirect: 'manual' });
    const target = answer.headers.get('location');
    if (answer.status < 300 || answer.status > 399 || target === null) return answer;
    await answer.body?.cancel();
    url = new URL(target, url);
  }
  throw new HomeostatError('not_found', `${from} leads on and on`, { next: 'Check the address.' });
}

import type { FileState } from '../../../core/effects.ts';
import type { Listing, Objects } from '../../../core/host.ts';

const BLOCK = 512;

/**
 * Files of a listing as a tar archive, each with the content that the listing names: whatever stands in the folder by
 * now. All of it is root's, as Docker's own client has it. Format: POSIX.1-2001 pax,
 * https://pubs.opengroup.org/onlinepubs/9699919799/utilities/pax.html.
 */
export async function* archiveOf(listing: Listing, objects: Pick<Objects, 'get'>): AsyncGenerator<Buffer> {
  for (const [name, state] of listing) {
    const content =
      state.type === 'file' && state.digest !== undefined ? await objects.get(state.digest) : Buffer.alloc(0);
    const path = state.type === 'directory' ? `${name}/` : name;
    const records = Buffer.from(record('path', path) + record('linkpath', state.target), 'utf8');
    yield header('pax', 'x', records.length, { mode: 0o644, mtime_ns: state.mtime_ns });
    yield padded(records);
    yield header(name, TYPES[state.type], content.length, state);
    yield padded(content);
  }
  yield Buffer.alloc(2 * BLOCK);
}

const TYPES = { file: '0', symlink: '2', directory: '5' } as const;

/** `LENGTH KEY=VALUE\n`, where the length counts itself. */
function record(key: string, value: string | undefined): string {
  if (value === undefined) return '';
  const rest = ` ${key}=${value}\n`;
  const bytes = Buffer.byteLength(rest);
  let length = bytes + String(bytes).length;
  if (String(length).length > String(bytes).length) length = bytes + String(length).length;
  return `${length}${rest}`;
}

function header(
  name: string,
  type: string,
  size: number,
  { mode, mtime_ns }: Pick<FileState, 'mode' | 'mtime_ns'>,
): Buffer {
  const block = Buffer.alloc(BLOCK);
  const octal = (value: number | bigint, digits: number): string =>
    `${value.toString(8).padStart(digits, '0')}\0`;
  // The pax record before it has the whole name.
  block.write(name.slice(0, 30).replaceAll(/[^\w./-]/g, '_'), 0, 'latin1');
  block.write(octal(mode & 0o7777, 7), 100);
  block.write(octal(0, 7), 108);
  block.write(octal(0, 7), 116);
  block.write(octal(size, 11), 124);
  const seconds = BigInt(mtime_ns) / 1_000_000_000n;
  block.write(octal(seconds > 0n ? seconds : 0n, 11), 136);
  block.write('        ', 148);
  block.write(type, 156);
  block.write('ustar\x0000', 257, 'latin1');
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return block;
}

const padded = (content: Buffer): Buffer =>
  Buffer.concat([content, Buffer.alloc((BLOCK - (content.length % BLOCK)) % BLOCK)]);

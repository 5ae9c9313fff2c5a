import { createHash } from 'node:crypto';
import * as z from 'zod';
import type { ActionContext } from '../../../core/context.ts';
import { HomeostatError } from '../../../core/errors.ts';
import { MANIFEST } from '../../../core/host.ts';

/** What a volume held: an archive in pieces, each kept once. */
export const contentSchema = z.object({
  /** The object that lists the pieces, after `MANIFEST`, so that retention keeps them as long as the snapshot. */
  listing: z.string(),
  bytes: z.number(),
});
export type Content = z.infer<typeof contentSchema>;

/** Bytes. */
const [LEAST, MOST] = [1 << 16, 1 << 21];
/** A piece ends where these bits of the rolling sum are zero: after 256 KiB on average. */
const MASK = (1 << 18) - 1;

/** One number for each byte, the same on every machine. */
const GEAR = Uint32Array.from({ length: 256 }, (_, byte) =>
  createHash('sha256')
    .update(Buffer.from([byte]))
    .digest()
    .readUInt32LE(),
);

/**
 * Cuts a stream where its own content says so (gear hash, as in FastCDC, Xia et al. 2016), so that what is inserted or
 * removed changes the pieces around it and no other.
 */
export async function* pieces(stream: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let parts: Buffer[] = [];
  let [length, sum] = [0, 0];
  for await (const chunk of stream) {
    let from = 0;
    for (let at = 0; at < chunk.length; at++) {
      sum = ((sum << 1) + (GEAR[chunk[at] ?? 0] ?? 0)) | 0;
      length += 1;
      if (length < LEAST || ((sum & MASK) !== 0 && length < MOST)) continue;
      yield Buffer.concat([...parts, chunk.subarray(from, at + 1)]);
      [parts, from, length, sum] = [[], at + 1, 0, 0];
    }
    if (from < chunk.length) parts.push(chunk.subarray(from));
  }
  if (length > 0) yield Buffer.concat(parts);
}

/** Keeps all that a volume holds; throws `too_large` past the configured limit. */
export async function keepContent(
  volume: string,
  { engine, files, config, signal }: ActionContext,
): Promise<Content> {
  const listed: string[] = [];
  let bytes = 0;
  for await (const piece of pieces(engine.volumes.read(volume, signal))) {
    bytes += piece.length;
    if (bytes > 2 * config.limits.snapshot_bytes)
      throw new HomeostatError('too_large', `volume ${volume} holds more than limits.snapshot_bytes`);
    listed.push(await files.objects.put(piece));
  }
  const listing = await files.objects.put(Buffer.from(JSON.stringify(listed)));
  return { listing: MANIFEST + listing, bytes };
}

/** Puts it into an empty volume. */
export async function restoreContent(
  volume: string,
  { listing }: Content,
  { engine, files, signal }: ActionContext,
): Promise<void> {
  const list = await files.objects.get(listing.slice(MANIFEST.length));
  const listed = z.array(z.string()).parse(JSON.parse(list.toString()));
  const read = async function* (): AsyncGenerator<Buffer> {
    for (const digest of listed) yield await files.objects.get(digest);
  };
  await engine.volumes.write(volume, read(), signal);
}

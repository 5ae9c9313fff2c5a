import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import type Docker from 'dockerode';
import type { VolumeExtent } from '../../core/engine-objects.ts';
import { HomeostatError } from '../../core/errors.ts';
import type { Ask } from './ask.ts';

/** Every byte goes over the way to the engine, several times: more is not kept so. */
const MOST_BYTES = 256 << 20;
const AT = '/homeostat-volume';
const LABEL = 'homeostat.volume';

/** A container that holds one volume and never runs, so that the engine packs and unpacks what is in it. */
const holderName = (volume: string): string =>
  `homeostat-volume-${createHash('sha256').update(volume).digest('hex').slice(0, 16)}`;

/** Whether a container is such a one, which is nobody's use of a volume. */
export const isHolder = ({ Names, Labels, State }: Docker.ContainerInfo): boolean =>
  State === 'created' && Labels[LABEL] !== undefined && Names[0] === `/${holderName(Labels[LABEL])}`;

/** Removes the one of a volume that a kill has left. */
export async function dropHolder(to: Docker, volume: string): Promise<void> {
  const filters = { name: [`^/${holderName(volume)}$`] };
  for (const found of await to.listContainers({ all: true, filters }))
    if (isHolder(found)) await to.getContainer(found.Id).remove({ v: true });
}

/** The smallest image that is here, whatever it is; null where there is none. */
export async function anyImage(to: Docker): Promise<string | null> {
  const [least] = (await to.listImages()).toSorted((a, b) => a.Size - b.Size);
  return least?.Id ?? null;
}

async function hold(to: Docker, volume: string, writable: boolean): Promise<Docker.Container> {
  const Image = await anyImage(to);
  if (Image === null)
    throw new HomeostatError('engine_error', `no image is here to reach volume ${volume} by`);
  await dropHolder(to, volume);
  const mount = { Type: 'volume', Source: volume, Target: AT, ReadOnly: !writable } as const;
  return to.createContainer({
    name: holderName(volume),
    Image,
    Cmd: ['never'],
    Labels: { [LABEL]: volume },
    HostConfig: { Mounts: [{ ...mount, VolumeOptions: { NoCopy: true } as never }], NetworkMode: 'none' },
  });
}

/** All that a volume holds, as the engine packs it: times to the second, holes filled, few extended attributes. */
export async function* readByEngine(ask: Ask, volume: string, signal?: AbortSignal): AsyncGenerator<Buffer> {
  const holder = await ask(async (to) => hold(to, volume, false));
  try {
    const stream = await ask(
      async () => holder.getArchive({ path: AT }) as unknown as Promise<Readable>,
      'long',
    );
    const end = (): void => void stream.destroy(new Error('ended'));
    signal?.addEventListener('abort', end);
    try {
      for await (const chunk of stream) yield chunk as Buffer;
    } catch (error) {
      await ask(async () => Promise.reject(error as Error));
    } finally {
      signal?.removeEventListener('abort', end);
      stream.destroy();
    }
  } finally {
    await ask(async (to) => dropHolder(to, volume));
  }
}

/** Unpacks such an archive into an empty volume. */
export async function writeByEngine(ask: Ask, volume: string, archive: Readable): Promise<void> {
  const holder = await ask(async (to) => hold(to, volume, true));
  try {
    // From above, so that the volume’s own folder gets its owner, mode and time as well.
    await ask(async () => void (await holder.putArchive(archive, { path: '/' })), 'long');
  } finally {
    await ask(async (to) => dropHolder(to, volume));
  }
}

const BLOCK = 512;

/** Counts what a volume holds, until it is more than was asked for. */
export async function extentByEngine(
  ask: Ask,
  volume: string,
  most: { entries: number; bytes: number },
): Promise<VolumeExtent> {
  const hash = createHash('sha256');
  const limit = Math.min(most.bytes, MOST_BYTES);
  let [entries, bytes, skip] = [-1, 0, 0];
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of readByEngine(ask, volume)) {
    hash.update(chunk);
    rest = skip >= chunk.length ? Buffer.alloc(0) : Buffer.concat([rest, chunk.subarray(skip)]);
    skip = Math.max(0, skip - chunk.length);
    while (rest.length >= BLOCK) {
      const { size, counts } = headerOf(rest);
      entries += counts ? 1 : 0;
      bytes += counts ? size : 0;
      if (entries > most.entries || bytes > limit) return { entries, bytes, digest: null, whole: false };
      const whole = BLOCK + Math.ceil(size / BLOCK) * BLOCK;
      skip = Math.max(0, whole - rest.length);
      rest = rest.subarray(Math.min(whole, rest.length));
    }
  }
  return { entries, bytes, digest: hash.digest('hex'), whole: true, by_engine: true };
}

/** What the header of an archive’s entry says; see tar(5). Blocks of zeros end it, and headers of headers are none. */
function headerOf(block: Buffer): { size: number; counts: boolean } {
  const kind = String.fromCharCode(block[156] ?? 0);
  if (block[0] === 0) return { size: 0, counts: false };
  // A size that does not fit in octal digits is beyond every limit.
  const isLarge = ((block[124] ?? 0) & 0x80) !== 0;
  const size = isLarge ? Number.MAX_SAFE_INTEGER : Number.parseInt(block.toString('latin1', 124, 136), 8);
  return { size: Number.isNaN(size) ? 0 : size, counts: !'xgLK'.includes(kind) };
}

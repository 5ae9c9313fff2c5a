import { Readable } from 'node:stream';
import type Docker from 'dockerode';
import type { ImageFound, Images } from '../../core/engine-objects.ts';
import type { Ask } from './ask.ts';
import { isStatus, NOT_FOUND } from './errors.ts';
import { imagePath, namesOf } from './names.ts';
import { published } from './published.ts';

/** What the engine calls an image without a name in a list. */
const NONE = '<none>';

export function openImages(ask: Ask): Images {
  const found = async (to: Docker, image: string): Promise<ImageFound | null> => {
    try {
      const { Id, RepoTags, RepoDigests, Size, Created } = await to.getImage(imagePath(image)).inspect();
      return imageOf(Id, RepoTags, RepoDigests, Size, Date.parse(Created) / 1000);
    } catch (error) {
      if (isStatus(error, NOT_FOUND)) return null;
      throw error;
    }
  };
  return {
    list: async () =>
      ask(async (to) =>
        (await to.listImages()).map(({ Id, RepoTags, RepoDigests, Size, Created }) =>
          imageOf(Id, RepoTags, RepoDigests, Size, Created),
        ),
      ),
    find: async (image) => ask(async (to) => found(to, image)),
    published: async (name, ms) => ask(async (to) => published(to, name, ms)),
    pull: async (name, signal, progress) => ask(async (to) => pull(to, name, signal, progress), 'long'),
    // Loaded only here: with it comes the engine's client, which a server may never need.
    build: async (request) => ask(async (to) => (await import('./build.ts')).build(to, request), 'long'),
    tag: async (image, name) =>
      ask(async (to) => void (await to.getImage(imagePath(image)).tag(namesOf(name)))),
    remove: async (name) =>
      ask(async (to) => void (await to.getImage(imagePath(name)).remove({ noprune: false })), 'long'),
    unname: async (name) => ask(async (to) => unname(to, name), 'long'),
    removeUnnamed: async (id) =>
      ask(async (to) => void (await to.getImage(imagePath(id)).remove({ noprune: false })), 'long'),
  };
}

const imageOf = (
  id: string,
  tags: readonly string[] | null | undefined,
  digests: readonly string[] | null | undefined,
  bytes: number,
  created: number,
): ImageFound => ({
  id,
  names: (tags ?? []).filter((name) => !name.startsWith(NONE)).toSorted(),
  digests: (digests ?? []).filter((name) => !name.startsWith(NONE)).toSorted(),
  bytes,
  created: Math.floor(created),
});

/** An archive that ends at once. */
const EMPTY_TAR = Buffer.alloc(1024);
/** By which one that takes over a name is known, where whoever made it was killed. */
const TAKES_OVER = 'takes over a name, to go with it';

/**
 * The interface has no call that leaves an image without a name, but to give its name to another. That is removed by
 * its id: two that do so at the same moment leave nothing of each other's.
 */
async function unname(to: Docker, name: string): Promise<void> {
  try {
    const { Id, Comment } = await to.getImage(imagePath(name)).inspect();
    const instead = Comment === TAKES_OVER ? Id : await importEmpty(to, name);
    await to.getImage(instead).remove();
  } catch (error) {
    // Somebody else has taken it away meanwhile.
    if (!isStatus(error, NOT_FOUND)) throw error;
  }
}

/** Makes an image with nothing in it; answers its id. */
async function importEmpty(to: Docker, name: string): Promise<string> {
  const { repo, tag } = namesOf(name);
  const stream = await to.importImage(Readable.from([EMPTY_TAR]), { repo, tag, message: TAKES_OVER });
  let told = '';
  for await (const chunk of stream) told += String(chunk);
  const id = /sha256:[0-9a-f]{64}/.exec(told)?.[0];
  if (id === undefined) throw new Error(`the engine tells no image: ${told.slice(0, 200)}`);
  return id;
}

interface Progress {
  readonly status?: string;
  readonly id?: string;
  readonly progress?: string;
}

async function pull(
  to: Docker,
  name: string,
  signal: AbortSignal,
  progress: (line: string) => void,
): Promise<void> {
  const stream = (await to.pull(name, { abortSignal: signal })) as Readable;
  const end = (): void => void stream.destroy(new Error('the pull was ended'));
  signal.addEventListener('abort', end);
  try {
    await new Promise<void>((resolve, reject) => {
      stream.once('error', reject);
      to.modem.followProgress(
        stream,
        (error) => (error === null ? resolve() : reject(error)),
        ({ status = '', id = '', progress: far = '' }: Progress) =>
          progress([id, status, far].filter(Boolean).join(' ')),
      );
    });
  } finally {
    signal.removeEventListener('abort', end);
  }
}

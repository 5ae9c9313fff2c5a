import type Docker from 'dockerode';
import type { CacheFound, EngineObjects } from '../../core/engine-objects.ts';
import type { Ask } from './ask.ts';
import { openImages } from './images.ts';
import { openNetworks } from './networks.ts';
import { rowOf } from './row.ts';
import { isHolder } from './volume-by-engine.ts';
import { openVolumes } from './volumes.ts';

/** What an engine has beside containers. */
export function openObjects(ask: Ask, address: string): EngineObjects {
  return {
    images: openImages(ask),
    networks: openNetworks(ask),
    volumes: openVolumes(ask, address),
    users: async (of) =>
      ask(async (to) => {
        const [[key, value]] = Object.entries(of) as [[string, string]];
        const filters = { [key === 'image' ? 'ancestor' : key]: [value] };
        const found = await to.listContainers({ all: true, filters });
        return found.filter((one) => !isHolder(one)).map(rowOf);
      }),
    unusedCache: async () => ask(async (to) => cacheOf(await to.df()), 'long'),
    // One by one: what the engine's own filters would select may be another by now.
    removeCache: async (ids) =>
      ask(async (to) => {
        for (const id of ids) await pruneCache(to, id);
      }, 'long'),
  };
}

interface CacheRecord {
  readonly ID: string;
  readonly Size: number;
  readonly Description?: string;
  readonly InUse: boolean;
}

const cacheOf = (df: { BuildCache?: readonly CacheRecord[] | null }): CacheFound[] =>
  (df.BuildCache ?? [])
    .filter(({ InUse }) => !InUse)
    .map(({ ID, Size, Description }) => ({ id: ID, bytes: Size, description: Description ?? '' }));

async function pruneCache({ modem }: Docker, id: string): Promise<void> {
  const filters = encodeURIComponent(JSON.stringify({ id: { [id]: true } }));
  await new Promise<void>((resolve, reject) => {
    const statusCodes = { 200: true, 500: 'server error' };
    const asked = { path: `/build/prune?all=true&filters=${filters}`, method: 'POST', statusCodes };
    modem.dial(asked, (error: unknown) => (error === null ? resolve() : reject(error)));
  });
}

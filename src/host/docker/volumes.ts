import { Readable } from 'node:stream';
import type Docker from 'dockerode';
import { type VolumeFound, type Volumes, volumeSpecSchema } from '../../core/engine-objects.ts';
import { HomeostatError } from '../../core/errors.ts';
import type { Ask } from './ask.ts';
import { isStatus, NOT_FOUND } from './errors.ts';
import { segment } from './names.ts';
import { anyImage, dropHolder, extentByEngine, readByEngine, writeByEngine } from './volume-by-engine.ts';
import { canBox, extentOf, identityOf, readBoxed, writeBoxed } from './volume-in-place.ts';

const LOCAL = 'local';

export function openVolumes(ask: Ask, address: string): Volumes {
  const inspect = async (name: string): Promise<Docker.VolumeInspectInfo | null> =>
    ask(async (to) => {
      try {
        return await to.getVolume(segment(name)).inspect();
      } catch (error) {
        if (isStatus(error, NOT_FOUND)) return null;
        throw error;
      }
    });
  // One with options is mounted only while a container uses it.
  const isPlain = (found: Docker.VolumeInspectInfo): boolean =>
    found.Driver === LOCAL && Object.keys(found.Options ?? {}).length === 0;
  /** The folder that holds it, where that is this machine's and this process may work in it. */
  const folderOf = (found: Docker.VolumeInspectInfo): string | null =>
    address.startsWith('unix:') && isPlain(found) && canBox(found.Mountpoint) ? found.Mountpoint : null;
  /** How what it holds can be reached: in its folder, through the engine, or not at all. */
  const wayTo = async (name: string): Promise<{ folder: string } | 'engine' | null> => {
    const found = await inspect(name);
    if (found === null || !isPlain(found)) return null;
    const folder = folderOf(found);
    if (folder !== null) return { folder };
    return (await ask(anyImage)) === null ? null : 'engine';
  };
  const sizeOf = async (name: string): Promise<number> => {
    const { Volumes: all } = (await ask(async (to) => to.df(), 'long')) as {
      Volumes: readonly { Name: string; UsageData?: { Size: number } }[] | null;
    };
    return all?.find(({ Name }) => Name === name)?.UsageData?.Size ?? -1;
  };
  return {
    list: async () => ask(async (to) => (await to.listVolumes()).Volumes.map((info) => volumeOf(info, ''))),
    async find(name) {
      const found = await inspect(name);
      if (found === null) return null;
      const path = folderOf(found);
      return volumeOf(found, path === null ? '' : await identityOf(path));
    },
    create: async ({ Name, Driver, Options, Labels }) =>
      ask(async (to) => void (await to.createVolume({ Name, Driver, DriverOpts: Options, Labels }))),
    remove: async (name) =>
      ask(async (to) => {
        await dropHolder(to, name);
        await to.getVolume(segment(name)).remove();
      }, 'long'),
    async extent(name, most) {
      const way = await wayTo(name);
      if (way !== null && way !== 'engine') return extentOf(way.folder, most);
      const bytes = await sizeOf(name);
      if (way === 'engine' && bytes <= most.bytes) return extentByEngine(ask, name, most);
      return { entries: null, bytes, digest: null, whole: false };
    },
    async *read(name, signal) {
      const way = await wayTo(name);
      if (way === null) throw outOfReach(name);
      yield* way === 'engine' ? readByEngine(ask, name, signal) : readBoxed(way.folder, signal);
    },
    async write(name, archive, signal) {
      const way = await wayTo(name);
      if (way === null) throw outOfReach(name);
      if (way === 'engine') await writeByEngine(ask, name, Readable.from(archive, { signal }));
      else await writeBoxed(way.folder, archive, signal);
    },
  };
}

const outOfReach = (name: string): HomeostatError =>
  new HomeostatError('engine_error', `what volume ${name} holds cannot be reached from here`);

function volumeOf(info: Docker.VolumeInspectInfo, identity: string): VolumeFound {
  const { Name, Driver, Options, Labels } = info;
  const { CreatedAt = '' } = info as { CreatedAt?: string };
  const options = Options ?? {};
  return {
    spec: volumeSpecSchema.parse({ Name, Driver, Options: options, Labels: Labels ?? {} }),
    created: CreatedAt,
    identity,
    elsewhere: Driver === LOCAL && (options['device'] ?? '') !== '' && options['type'] !== 'tmpfs',
  };
}

import type Docker from 'dockerode';
import { type VolumeFound, type Volumes, volumeSpecSchema } from '../../core/engine-objects.ts';
import { HomeostatError } from '../../core/errors.ts';
import type { Ask } from './ask.ts';
import { isStatus, NOT_FOUND } from './errors.ts';
import { segment } from './names.ts';
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
  /** The folder that holds it, where that is this machine's and this process may work in it. */
  const folder = async (name: string): Promise<string | null> => {
    if (!address.startsWith('unix:')) return null;
    const found = await inspect(name);
    // One with options is mounted only while a container uses it.
    const plain = found?.Driver === LOCAL && Object.keys(found.Options ?? {}).length === 0;
    return plain && canBox(found.Mountpoint) ? found.Mountpoint : null;
  };
  return {
    list: async () => ask(async (to) => (await to.listVolumes()).Volumes.map((info) => volumeOf(info, ''))),
    async find(name) {
      const found = await inspect(name);
      if (found === null) return null;
      const path = await folder(name);
      return volumeOf(found, path === null ? '' : await identityOf(path));
    },
    create: async ({ Name, Driver, Options, Labels }) =>
      ask(async (to) => void (await to.createVolume({ Name, Driver, DriverOpts: Options, Labels }))),
    remove: async (name) => ask(async (to) => void (await to.getVolume(segment(name)).remove())),
    async extent(name, most) {
      const path = await folder(name);
      if (path !== null) return extentOf(path, most);
      const { Volumes: all } = (await ask(async (to) => to.df())) as {
        Volumes: readonly { Name: string; UsageData?: { Size: number } }[] | null;
      };
      const bytes = all?.find(({ Name }) => Name === name)?.UsageData?.Size ?? -1;
      return { entries: null, bytes, digest: null, whole: false };
    },
    async *read(name, signal) {
      const path = await folder(name);
      if (path === null) throw outOfReach(name);
      yield* readBoxed(path, signal);
    },
    async write(name, archive, signal) {
      const path = await folder(name);
      if (path === null) throw outOfReach(name);
      await writeBoxed(path, archive, signal);
    },
  };
}

const outOfReach = (name: string): HomeostatError =>
  new HomeostatError('engine_error', `the folder of volume ${name} cannot be reached from here`);

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

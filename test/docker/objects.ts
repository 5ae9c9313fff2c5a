import { execFileSync } from 'node:child_process';
import {
  chownSync,
  linkSync,
  lutimesSync,
  mkdirSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import type { TestEngine } from '../helpers/engine.ts';
import { manifestOf } from '../helpers/manifest.ts';
import { worldOf } from './world.ts';

export const folderOf = async ({ docker }: TestEngine, volume: string): Promise<string> =>
  (await docker.getVolume(volume).inspect()).Mountpoint;

/** A volume that nobody uses, with something of everything that a file system has. */
export async function fillVolume(on: TestEngine, name: string): Promise<string> {
  await on.docker.createVolume({ Name: name, Labels: { 'com.example.of': 'shop' } });
  const folder = await folderOf(on, name);
  mkdirSync(join(folder, 'deep/er'), { recursive: true });
  const at = (path: string): string => join(folder, path);
  // Long, and nowhere twice the same, so that it is cut into several pieces.
  const noise = Buffer.alloc(3 << 20);
  for (let n = 0, x = 1; n < noise.length; n++)
    noise[n] = (x = (Math.imul(x, 1_103_515_245) + 12_345) >>> 0) >>> 24;
  writeFileSync(at('noise'), noise);
  writeFileSync(at('deep/er/-rf *\n'), 'a name that means something else\n', { mode: 0o4751 });
  writeFileSync(Buffer.concat([Buffer.from(`${folder}/`), Buffer.from([0xff, 0xfe])]), 'no UTF-8');
  writeFileSync(at('sparse'), 'start');
  truncateSync(at('sparse'), 8 << 20);
  symlinkSync('/etc/shadow', at('way-out'));
  linkSync(at('noise'), at('deep/noise-too'));
  execFileSync('mkfifo', [at('pipe')]);
  execFileSync('mknod', [at('device'), 'c', '1', '3']);
  execFileSync('python3', [
    '-c',
    'import os,sys; os.setxattr(sys.argv[1], "user.note", b"\\x00\\xff kept"); os.setxattr(sys.argv[2], "user.dir", b"d")',
    at('noise'),
    at('deep'),
  ]);
  chownSync(at('deep/er'), 1234, 4321);
  chownSync(at('noise'), 70_000, 70_001);
  utimesSync(at('noise'), 1_500_000_000.123456, 1_500_000_000.654321);
  lutimesSync(at('way-out'), 1_400_000_000, 1_400_000_000.25);
  utimesSync(at('deep'), 1_300_000_000, 1_300_000_000.5);
  return folder;
}

/** Another image than `busy:1`, without a name. */
export async function nameless({ docker }: TestEngine, what: string): Promise<string> {
  const name = `other-${what}:1`;
  const stream = await docker.importImage(Readable.from([Buffer.alloc(1024)]), {
    repo: `other-${what}`,
    tag: '1',
    message: what,
  });
  await new Promise((resolve) => stream.on('end', resolve).resume());
  const { Id } = await docker.getImage(name).inspect();
  await docker.getImage('busy:1').tag({ repo: `other-${what}`, tag: '1' });
  await docker.getImage(name).remove();
  return Id;
}

/** All that an engine has, without what homeostat keeps for undo, ids and times that it gives itself. */
export async function objectsOf(on: TestEngine): Promise<unknown> {
  const { docker } = on;
  const images = (await docker.listImages()).flatMap(({ Id, RepoTags }) => {
    const names = (RepoTags ?? []).filter((name) => name !== '<none>:<none>');
    const own = names.filter((name) => !name.startsWith('homeostat/'));
    // One that only homeostat keeps is gone for everybody else.
    return names.length > 0 && own.length === 0 ? [] : [{ Id, names: own.toSorted() }];
  });
  const networks = (await docker.listNetworks()).map(
    ({ Name, Driver, Internal, Attachable, EnableIPv6, Options, Labels, IPAM }) => ({
      Name,
      Driver,
      Internal,
      Attachable,
      EnableIPv6,
      Options,
      Labels,
      IPAM: Name.endsWith('-net') || Name.startsWith('made') ? IPAM : null,
    }),
  );
  const { Volumes } = await docker.listVolumes();
  return {
    world: await worldOf(on),
    images: images.toSorted((a, b) => a.Id.localeCompare(b.Id)),
    networks: networks.toSorted((a, b) => a.Name.localeCompare(b.Name)),
    volumes: Volumes.map(({ Name, Labels, Options, Mountpoint }) => ({
      Name,
      Labels: Labels ?? {},
      Options: Options ?? {},
      holds: manifestOf(Mountpoint),
    })).toSorted((a, b) => a.Name.localeCompare(b.Name)),
  };
}

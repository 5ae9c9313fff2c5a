import { readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type Docker from 'dockerode';
import { goalOf, specOf } from '../../src/core/container-spec.ts';
import { inspectedSchema } from '../../src/core/engine.ts';
import type { TestEngine } from '../helpers/engine.ts';

export const FREE =
  'autonomy: full\ntoolsets: [core, process, docker, docker_more, docker_images, docker_networks, docker_volumes]\n';

/** Writes once into each volume, so that a container that gets an empty one instead is told by what is missing. */
const FILL = ['data', 'unnamed', 'target', 'sourceless', 'more']
  .map((folder) => `[ -e /${folder}/one ] || echo of ${folder} > /${folder}/one`)
  .join('; ');
const MORE = {
  NoCopy: true,
  Labels: { 'com.example.of': 'more' },
  DriverConfig: { Name: 'local', Options: {} },
};

/** A container with something of everything that an undo has to bring back. */
export async function furnish({ docker }: TestEngine, name: string): Promise<void> {
  const net = `${name}-net`;
  await docker.createNetwork({
    Name: net,
    IPAM: { Driver: 'default', Config: [{ Subnet: subnetOf(name) }] },
  });
  await docker.createNetwork({
    Name: `${name}-back`,
    IPAM: { Driver: 'default', Config: [{ Subnet: subnetOf(name, 78) }] },
  });
  await docker.createVolume({ Name: `${name}-data` });
  const container = await docker.createContainer({
    name,
    Image: 'busy:1',
    Cmd: ['sh', '-c', `echo ready; echo layer > /layer; ${FILL}; httpd -f -p 8080 -h /data`],
    User: '0:0',
    WorkingDir: '/data',
    StopTimeout: 3,
    OpenStdin: true,
    Env: ['PLAIN=1', 'DB_PASSWORD=tr0ub4dor-and-three'],
    Labels: { 'com.example.team': 'infra', 'traefik.enable': 'true' },
    ExposedPorts: { '8080/tcp': {} },
    Volumes: { '/unnamed': {} },
    StopSignal: 'SIGKILL',
    Hostname: 'front-1',
    Domainname: 'example.test',
    Healthcheck: { Test: ['CMD', 'true'], Interval: 200_000_000, Timeout: 1_000_000_000, Retries: 3 },
    HostConfig: {
      // The engine makes a volume without a name of one that says no more than where.
      Binds: [`${name}-data:/data`, `${name}-data:/read:ro`, '/target', '/usr/share:/machine:ro,rprivate'],
      Mounts: [
        { Type: 'volume', Source: '', Target: '/sourceless', ReadOnly: false },
        { Type: 'volume', Source: `${name}-more`, Target: '/more', VolumeOptions: MORE },
        { Type: 'bind', Source: '/usr/lib', Target: '/of-machine', ReadOnly: true },
        { Type: 'tmpfs', Target: '/memory', TmpfsOptions: { SizeBytes: 1 << 20, Mode: 0o1770 } },
      ] as Docker.MountConfig,
      Tmpfs: { '/scratch': 'size=1m' },
      Memory: 64 << 20,
      NanoCpus: 500_000_000,
      PidsLimit: 50,
      MemoryReservation: 32 << 20,
      CpuShares: 512,
      OomScoreAdj: 100,
      ShmSize: 1 << 20,
      Sysctls: { 'net.ipv4.ip_unprivileged_port_start': '80' },
      GroupAdd: ['12'],
      SecurityOpt: ['no-new-privileges'],
      DnsSearch: ['example.org'],
      DnsOptions: ['ndots:2'],
      Ulimits: [
        { Name: 'nofile', Soft: 100, Hard: 200 },
        { Name: 'core', Soft: 0, Hard: 0 },
      ],
      CapDrop: ['NET_RAW'],
      CapAdd: ['SYS_NICE'],
      Devices: [{ PathOnHost: '/dev/null', PathInContainer: '/dev/nothing', CgroupPermissions: 'r' }],
      LogConfig: {
        Type: 'json-file',
        Config: { 'max-size': '1m', 'max-file': '2', labels: 'com.example.team' },
      },
      RestartPolicy: { Name: 'on-failure', MaximumRetryCount: 3 },
      ExtraHosts: ['other:10.0.0.1'],
      Dns: ['10.0.0.53'],
      PortBindings: { '8080/tcp': [{ HostIp: '127.0.0.1', HostPort: '' }] },
      NetworkMode: net,
    },
    NetworkingConfig: {
      EndpointsConfig: { [net]: { Aliases: ['www', 'front'], IPAMConfig: { IPv4Address: addressOf(name) } } },
    },
  });
  await docker.getNetwork(`${name}-back`).connect({
    Container: container.id,
    EndpointConfig: { Aliases: ['deep'], IPAMConfig: { IPv4Address: addressOf(name, 78) } },
  });
  await container.start();
}

const numberOf = (name: string): number =>
  Buffer.from(name).reduce((sum, byte) => (sum * 31 + byte) % 200, 7);
const subnetOf = (name: string, second = 77): string => `10.${second}.${numberOf(name)}.0/24`;
const addressOf = (name: string, second = 77): string => `10.${second}.${numberOf(name)}.42`;

/** All that stands, without what the engine makes anew each time: ids, times, addresses that nobody asked for. */
export async function worldOf({ docker }: TestEngine): Promise<unknown> {
  const containers = await docker.listContainers({ all: true });
  const found = await Promise.all(containers.map(async ({ Id }) => one(docker, Id)));
  const { Volumes } = await docker.listVolumes();
  const { length } = await docker.listNetworks();
  const world = withoutEmpty({
    containers: found.toSorted(byName),
    volumes: Volumes.map(({ Name, Mountpoint }) => ({ name: Name, holds: holds(Mountpoint) })).toSorted(
      byName,
    ),
    networks: length,
  });
  // One that shares another's network names it by its id.
  const names = new Map(containers.map(({ Id, Names }) => [Id, Names[0] ?? '']));
  const text = JSON.stringify(world).replaceAll(
    /container:([0-9a-f]{64})/g,
    (_, id: string) => `container:${names.get(id)}`,
  );
  return JSON.parse(text) as unknown;
}

/** What the files at the top of a volume say, but for names that are no UTF-8; a test that needs more looks closer itself. */
const holds = (folder: string): object[] =>
  readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.name.includes('\uFFFD'))
    .filter((entry) => statSync(join(folder, entry.name)).size < 100)
    .map(({ name }) => ({ name, text: readFileSync(join(folder, name), 'utf8') }))
    .toSorted(byName);

const byName = (a: { readonly name: string }, b: { readonly name: string }): number =>
  a.name.localeCompare(b.name);

async function one(
  docker: Docker,
  id: string,
): Promise<{ readonly name: string; readonly [more: string]: unknown }> {
  const inspected = inspectedSchema.parse(await docker.getContainer(id).inspect());
  const { config, host_config, ...spec } = specOf(inspected);
  const changes = ((await docker.getContainer(id).changes()) as { Path: string }[] | null) ?? [];
  const layer = await contentOf(docker, id, '/layer');
  return {
    ...spec,
    config: { ...config, Image: null, Volumes: null },
    host: { ...host_config, Binds: null, Mounts: null },
    state: goalOf(inspected),
    layer,
    changes: changes.length > 0 ? 'some' : 'none',
  };
}

/** The bytes of a file in a container with its tar header but the time; null where there is none. */
async function contentOf(docker: Docker, id: string, path: string): Promise<string | null> {
  try {
    const stream = await docker.getContainer(id).getArchive({ path });
    const chunks: Buffer[] = [];
    for await (const chunk of stream) chunks.push(chunk as Buffer);
    return Buffer.concat(chunks).subarray(512, 1024).toString().replaceAll('\0', '');
  } catch {
    return null;
  }
}

/** An engine that was started anew writes nothing as an empty list where it wrote null before. */
const withoutEmpty = (world: object): unknown =>
  JSON.parse(
    JSON.stringify(world, (_, value: unknown) =>
      typeof value === 'object' && value !== null && Object.keys(value).length === 0 ? null : value,
    ),
  );

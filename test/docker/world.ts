import type Docker from 'dockerode';
import { goalOf, specOf } from '../../src/core/container-spec.ts';
import { inspectedSchema } from '../../src/core/engine.ts';
import type { TestEngine } from '../helpers/engine.ts';

export const FREE =
  'autonomy: full\ntoolsets: [core, process, docker, docker_more, docker_images, docker_networks, docker_volumes]\n';

/** A container with something of everything that an undo has to bring back. */
export async function furnish({ docker }: TestEngine, name: string): Promise<void> {
  const net = `${name}-net`;
  await docker.createNetwork({
    Name: net,
    IPAM: { Driver: 'default', Config: [{ Subnet: subnetOf(name) }] },
  });
  await docker.createNetwork({ Name: `${name}-back` });
  await docker.createVolume({ Name: `${name}-data` });
  const container = await docker.createContainer({
    name,
    Image: 'busy:1',
    Cmd: ['sh', '-c', 'echo ready; echo one > /data/one; echo layer > /layer; httpd -f -p 8080 -h /data'],
    Env: ['PLAIN=1', 'DB_PASSWORD=tr0ub4dor-and-three'],
    Labels: { 'com.example.team': 'infra', 'traefik.enable': 'true' },
    ExposedPorts: { '8080/tcp': {} },
    Volumes: { '/unnamed': {} },
    StopSignal: 'SIGKILL',
    Healthcheck: { Test: ['CMD', 'true'], Interval: 200_000_000, Timeout: 1_000_000_000, Retries: 3 },
    HostConfig: {
      Binds: [`${name}-data:/data`],
      Tmpfs: { '/scratch': 'size=1m' },
      Memory: 64 << 20,
      NanoCpus: 500_000_000,
      PidsLimit: 50,
      Ulimits: [{ Name: 'nofile', Soft: 100, Hard: 200 }],
      CapDrop: ['NET_RAW'],
      CapAdd: ['SYS_NICE'],
      Devices: [{ PathOnHost: '/dev/null', PathInContainer: '/dev/nothing', CgroupPermissions: 'r' }],
      LogConfig: { Type: 'json-file', Config: { 'max-size': '1m' } },
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
  await docker
    .getNetwork(`${name}-back`)
    .connect({ Container: container.id, EndpointConfig: { Aliases: ['deep'] } });
  await container.start();
}

const numberOf = (name: string): number =>
  Buffer.from(name).reduce((sum, byte) => (sum * 31 + byte) % 200, 7);
const subnetOf = (name: string): string => `10.77.${numberOf(name)}.0/24`;
const addressOf = (name: string): string => `10.77.${numberOf(name)}.42`;

/** All that stands, without what the engine makes anew each time: ids, times, addresses that nobody asked for. */
export async function worldOf({ docker }: TestEngine): Promise<unknown> {
  const containers = await docker.listContainers({ all: true });
  const found = await Promise.all(containers.map(async ({ Id }) => one(docker, Id)));
  const { Volumes } = await docker.listVolumes();
  const { length } = await docker.listNetworks();
  const world = withoutEmpty({
    containers: found.toSorted((a, b) => a.name.localeCompare(b.name)),
    volumes: Volumes.map(({ Name }) => Name).toSorted(),
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

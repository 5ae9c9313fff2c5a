import type Docker from 'dockerode';
import { HomeostatError } from '../../core/errors.ts';
import { type ContainerRow, type Engine, containerRowSchema, inspectedSchema } from '../../core/engine.ts';
import type { Running } from '../../core/metrics.ts';
import type { Address } from './address.ts';
import { engineError } from './errors.ts';
import { execIn } from './exec.ts';
import { readLogs } from './logs.ts';
import { statsOf } from './stats.ts';

/** What the engine answers where a container is in that state already. */
const NOT_MODIFIED = 304;
const NOT_FOUND = 404;

/** An engine over its interface; connected to with the first call. */
export function openEngine(address: Address): Engine {
  let docker: Docker | undefined;
  const ask = async <T>(work: (docker: Docker) => Promise<T>): Promise<T> => {
    try {
      const { connect } = await import('./connect.ts');
      return await work((docker ??= connect(address)));
    } catch (error) {
      throw engineError(error, address.host);
    }
  };
  const change = async (id: string, work: (container: Docker.Container) => Promise<unknown>): Promise<void> =>
    ask(async (to) => {
      try {
        await work(to.getContainer(checked(id)));
      } catch (error) {
        if ((error as { statusCode?: number }).statusCode !== NOT_MODIFIED) throw error;
      }
    });
  return {
    address: address.host,
    running: async () => ask(async (to) => (await to.listContainers()).map(runningOf)),
    list: async (all) => ask(async (to) => (await to.listContainers({ all })).map(rowOf)),
    inspect: async (container) =>
      ask(async (to) => inspectedSchema.parse(await to.getContainer(checked(container)).inspect())),
    logs: async (id, options) => ask(async (to) => readLogs(to.getContainer(checked(id)), options)),
    stats: async (id) =>
      ask(async (to) => statsOf(await to.getContainer(checked(id)).stats({ stream: false }))),
    start: async (id) => change(id, async (container) => container.start()),
    stop: async (id, seconds) => change(id, async (container) => container.stop(timeOf(seconds))),
    restart: async (id, seconds) => change(id, async (container) => container.restart(timeOf(seconds))),
    pause: async (id) => change(id, async (container) => container.pause()),
    unpause: async (id) => change(id, async (container) => container.unpause()),
    exec: async (id, request) => ask(async (to) => execIn(to.getContainer(checked(id)), request)),
    create: async (name, body) => ask(async (to) => (await to.createContainer({ ...body, name })).id),
    connect: async (id, network, endpoint) =>
      ask(
        async (to) =>
          void (await to.getNetwork(checked(network)).connect({ Container: id, EndpointConfig: endpoint })),
      ),
    rename: async (id, name) => change(id, async (container) => container.rename({ name })),
    remove: async (id) => change(id, async (container) => container.remove({ force: true })),
    written: async (id) =>
      ask(async (to) => {
        const container = to.getContainer(checked(id));
        const paths = (await container.changes()) as readonly unknown[] | null;
        const { SizeRw } = (await container.inspect({ size: true } as object)) as { SizeRw?: number };
        return { paths: paths?.length ?? 0, bytes: SizeRw ?? 0 };
      }),
    commit: async (id, tag) =>
      ask(async (to) => {
        const answer: unknown = await to.getContainer(checked(id)).commit({ ...namesOf(tag), pause: true });
        return (answer as { Id: string }).Id;
      }),
    imageId: async (image) =>
      ask(async (to) => {
        try {
          return (await to.getImage(checked(image)).inspect()).Id;
        } catch (error) {
          if ((error as { statusCode?: number }).statusCode === NOT_FOUND) return null;
          throw error;
        }
      }),
    tag: async (image, tag) =>
      ask(async (to) => {
        await to.getImage(checked(image)).tag(namesOf(tag));
      }),
  };
}

/** The engine's own names and ids; those of images have several parts. */
const NAME = /^[A-Za-z0-9][\w.:@+-]*(?:\/[A-Za-z0-9][\w.:@+-]*)*$/;

/**
 * A name becomes part of a request's path: `..` in it would be another request, and what the engine redirects is
 * followed to any host.
 */
function checked(name: string): string {
  if (NAME.test(name)) return name;
  throw new HomeostatError('not_found', `nothing of the engine is called ${JSON.stringify(name)}`);
}

const timeOf = (seconds: number | undefined): object => (seconds === undefined ? {} : { t: seconds });

/** The tag is what stands behind the last colon that belongs to no port. */
function namesOf(image: string): { repo: string; tag: string } {
  const at = image.lastIndexOf(':');
  return at > image.lastIndexOf('/')
    ? { repo: image.slice(0, at), tag: image.slice(at + 1) }
    : { repo: image, tag: 'latest' };
}

const SHORT_ID = 12;

function rowOf(info: Docker.ContainerInfo): ContainerRow {
  const ports = info.Ports.map(({ IP, PublicPort, PrivatePort, Type }) =>
    PublicPort ? `${IP}:${PublicPort}->${PrivatePort}/${Type}` : `${PrivatePort}/${Type}`,
  );
  return containerRowSchema.parse({
    id: info.Id.slice(0, SHORT_ID),
    name: nameOf(info.Names[0] ?? info.Id),
    image: info.Image,
    state: info.State,
    status: info.Status,
    ports: [...new Set(ports)],
    project: info.Labels['com.docker.compose.project'] ?? null,
    service: info.Labels['com.docker.compose.service'] ?? null,
  });
}

/** In a list the engine tells of a container’s probe within a text for people. */
const runningOf = ({ Id, Names, Status }: Docker.ContainerInfo): Running => {
  const said = /\((?:health: )?(healthy|unhealthy|starting)\)/.exec(Status)?.[1] as
    Running['health'] | undefined;
  return { id: Id, name: nameOf(Names[0] ?? Id), health: said ?? null };
};

/** The engine writes a slash before each name. */
const nameOf = (name: string): string => name.replace(/^\//, '');

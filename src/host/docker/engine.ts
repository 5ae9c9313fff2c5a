import type Docker from 'dockerode';
import { type Engine, inspectedSchema } from '../../core/engine.ts';
import { type Address, clientVariables } from './address.ts';
import type { Ask } from './ask.ts';
import { NOT_FOUND, engineError, isStatus } from './errors.ts';
import { execIn } from './exec.ts';
import { readLogs } from './logs.ts';
import { imagePath, namesOf, segment } from './names.ts';
import { openObjects } from './objects.ts';
import { rowOf, runningOf } from './row.ts';
import { statsOf } from './stats.ts';

/** What the engine answers where a container is in that state already. */
const NOT_MODIFIED = 304;

/** Tells images of what containers have written from all others, whatever they are called. */
const LAYER = 'homeostat layer';

/** An engine over its interface; connected to with the first call. */
export function openEngine(address: Address): Engine {
  let docker: Docker | undefined;
  const ask: Ask = async (work) => {
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
        await work(to.getContainer(segment(id)));
      } catch (error) {
        if (!isStatus(error, NOT_MODIFIED)) throw error;
      }
    });
  const imageConfig: Engine['imageConfig'] = async (image) =>
    ask(async (to) => {
      try {
        const { Id, Config, Parent, Comment } = await to.getImage(imagePath(image)).inspect();
        const below = Comment === LAYER && Parent ? Parent : null;
        return { id: Id, below, env: Config?.Env ?? [], labels: Config?.Labels ?? {} };
      } catch (error) {
        if (isStatus(error, NOT_FOUND)) return null;
        throw error;
      }
    });
  return {
    ...openObjects(ask, address.host),
    address: address.host,
    running: async () => ask(async (to) => (await to.listContainers()).map(runningOf)),
    client: clientVariables(address),
    list: async (all) => ask(async (to) => (await to.listContainers({ all })).map(rowOf)),
    inspect: async (container) =>
      ask(async (to) => inspectedSchema.parse(await to.getContainer(segment(container)).inspect())),
    logs: async (id, options) => ask(async (to) => readLogs(to.getContainer(segment(id)), options)),
    stats: async (id) =>
      ask(async (to) => statsOf(await to.getContainer(segment(id)).stats({ stream: false }))),
    start: async (id) => change(id, async (container) => container.start()),
    stop: async (id, seconds) => change(id, async (container) => container.stop(timeOf(seconds))),
    restart: async (id, seconds) => change(id, async (container) => container.restart(timeOf(seconds))),
    pause: async (id) => change(id, async (container) => container.pause()),
    unpause: async (id) => change(id, async (container) => container.unpause()),
    exec: async (id, request) => ask(async (to) => execIn(to.getContainer(segment(id)), request)),
    update: async (id, body) => change(id, async (container) => container.update(body)),
    create: async (name, body) => ask(async (to) => (await to.createContainer({ ...body, name })).id),
    connect: async (id, network, endpoint) =>
      ask(
        async (to) =>
          void (await to.getNetwork(segment(network)).connect({ Container: id, EndpointConfig: endpoint })),
      ),
    rename: async (id, name) => change(id, async (container) => container.rename({ name })),
    remove: async (id) => change(id, async (container) => container.remove({ force: true })),
    written: async (id) =>
      ask(async (to) => {
        const container = to.getContainer(segment(id));
        const paths = (await container.changes()) as readonly unknown[] | null;
        const { SizeRw } = (await container.inspect({ size: true } as object)) as { SizeRw?: number };
        return { paths: paths?.length ?? 0, bytes: SizeRw ?? 0 };
      }),
    commit: async (id, tag) =>
      ask(async (to) => {
        const answer: unknown = await to
          .getContainer(segment(id))
          .commit({ ...namesOf(tag), pause: true, comment: LAYER });
        return (answer as { Id: string }).Id;
      }),
    imageId: async (image) => (await imageConfig(image))?.id ?? null,
    imageConfig,
    tag: async (image, tag) =>
      ask(async (to) => {
        await to.getImage(imagePath(image)).tag(namesOf(tag));
      }),
  };
}

const timeOf = (seconds: number | undefined): object => (seconds === undefined ? {} : { t: seconds });

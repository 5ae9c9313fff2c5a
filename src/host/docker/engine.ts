import type Docker from 'dockerode';
import { type Engine, inspectedSchema } from '../../core/engine.ts';
import { isImageReference } from '../../core/image-name.ts';
import { listening } from '../listening.ts';
import { type Address, clientVariables } from './address.ts';
import type { Ask } from './ask.ts';
import type { Connected } from './connect.ts';
import { NOT_FOUND, engineError, isStatus } from './errors.ts';
import { execIn } from './exec.ts';
import { isLayer, layerComment, layerNames } from './layers.ts';
import { readLogs } from './logs.ts';
import { imagePath, namesOf, segment } from './names.ts';
import { openObjects } from './objects.ts';
import { oomKills } from './oom-kills.ts';
import { rowOf, runningOf } from './row.ts';
import { countedOf, statsOf } from './stats.ts';

/** What the engine answers where a container is in that state already. */
const NOT_MODIFIED = 304;

/** What should be known at once is waited for so long. */
const ANSWER_MS = 60_000;

/** An engine over its interface; connected to with the first call. */
export function openEngine(address: Address, env: NodeJS.ProcessEnv, answerMs = ANSWER_MS): Engine {
  let connected: Connected | undefined;
  const imageName = layerNames();
  const reach = async (): Promise<Connected> => {
    const { connect } = await import('./connect.ts');
    return (connected ??= connect(address, env, answerMs));
  };
  const ask: Ask = async (work, takes) => {
    const began = performance.now();
    try {
      const { docker, patient } = await reach();
      return await work(takes === 'long' ? patient : docker);
    } catch (error) {
      const silent = takes !== 'long' && performance.now() - began >= answerMs;
      throw await engineError(error, address.host, connected?.ssh ?? null, silent ? answerMs : null);
    }
  };
  const change = async (
    id: string,
    work: (container: Docker.Container) => Promise<unknown>,
    takes?: 'long',
  ): Promise<void> =>
    ask(async (to) => {
      try {
        await work(to.getContainer(segment(id)));
      } catch (error) {
        if (!isStatus(error, NOT_MODIFIED)) throw error;
      }
    }, takes);
  const imageConfig: Engine['imageConfig'] = async (image) =>
    ask(async (to) => {
      // Nothing is called what cannot be called so.
      if (!isImageReference(image)) return null;
      try {
        const { Id, Config, Parent, Comment } = await to.getImage(imagePath(image)).inspect();
        const below = isLayer(Comment) && Parent ? Parent : null;
        return { id: Id, below, labels: Config?.Labels ?? {}, config: { ...Config } };
      } catch (error) {
        if (isStatus(error, NOT_FOUND)) return null;
        throw error;
      }
    });
  return {
    ...openObjects(ask, address.host),
    address: address.host,
    running: async (signal) => ask(async (to) => (await to.listContainers(until(signal))).map(runningOf)),
    async forClient(work) {
      const { ssh } = await reach();
      if (ssh === null) return work(clientVariables(address));
      const { whileOnSocket } = await import('./over-ssh.ts');
      return whileOnSocket(ssh, async (path) =>
        work(clientVariables({ host: `unix://${path}`, certificates: null })),
      );
    },
    listening: () => (address.host.startsWith('unix:') ? listening() : null),
    list: async (all, signal) =>
      ask(async (to) => {
        const found = await to.listContainers({ all, ...until(signal) });
        return Promise.all(
          found.map(async (one) => rowOf({ ...one, Image: await imageName(to, one.Image) })),
        );
      }),
    inspect: async (container, signal) =>
      ask(async (to) => {
        const found = inspectedSchema.parse(await to.getContainer(segment(container)).inspect(until(signal)));
        return { ...found, Config: { ...found.Config, Image: await imageName(to, found.Config.Image) } };
      }),
    logs: async (id, options) => ask(async (to) => readLogs(to.getContainer(segment(id)), options), 'long'),
    stats: async (id) =>
      ask(async (to) => statsOf(await to.getContainer(segment(id)).stats({ stream: false }))),
    counted: async (id, signal) =>
      ask(async (to) => {
        // Without `one-shot` it looks twice, a second apart.
        const once = { stream: false, 'one-shot': true, ...until(signal) } as const;
        return countedOf(await to.getContainer(segment(id)).stats(once));
      }),
    oomKills: async (tell, signal) => ask(async (to) => oomKills(to, tell, signal), 'long'),
    start: async (id) => change(id, async (container) => container.start(), 'long'),
    stop: async (id, seconds) => change(id, async (container) => container.stop(timeOf(seconds)), 'long'),
    restart: async (id, seconds) =>
      change(id, async (container) => container.restart(timeOf(seconds)), 'long'),
    pause: async (id) => change(id, async (container) => container.pause()),
    unpause: async (id) => change(id, async (container) => container.unpause()),
    exec: async (id, request) => ask(async (to) => execIn(to.getContainer(segment(id)), request), 'long'),
    update: async (id, body) => change(id, async (container) => container.update(body)),
    // What the image holds where a new volume goes is copied into it first.
    create: async (name, body) => ask(async (to) => (await to.createContainer({ ...body, name })).id, 'long'),
    connect: async (id, network, endpoint) =>
      ask(
        async (to) =>
          void (await to.getNetwork(segment(network)).connect({ Container: id, EndpointConfig: endpoint })),
      ),
    rename: async (id, name) => change(id, async (container) => container.rename({ name })),
    remove: async (id, { ownVolumes } = { ownVolumes: false }) =>
      change(id, async (container) => container.remove({ force: true, v: ownVolumes }), 'long'),
    written: async (id) =>
      ask(async (to) => {
        // The engine says `null` where there are none, and its client then hands over the bytes of that word.
        const paths: unknown = await to.getContainer(segment(id)).changes();
        return Array.isArray(paths) ? paths.length : 0;
      }, 'long'),
    writtenBytes: async (id) =>
      ask(async (to) => {
        const found = await to.getContainer(segment(id)).inspect({ size: true } as object);
        return (found as { SizeRw?: number }).SizeRw ?? 0;
      }, 'long'),
    commit: async (id, tag) =>
      ask(async (to) => {
        const container = to.getContainer(segment(id));
        const of = await imageName(to, (await container.inspect()).Config.Image);
        const answer: unknown = await container.commit({
          ...namesOf(tag),
          pause: true,
          comment: layerComment(of),
        });
        return (answer as { Id: string }).Id;
      }, 'long'),
    imageId: async (image) => (await imageConfig(image))?.id ?? null,
    imageConfig,
    tag: async (image, tag) =>
      ask(async (to) => {
        await to.getImage(imagePath(image)).tag(namesOf(tag));
      }),
  };
}

const timeOf = (seconds: number | undefined): object => (seconds === undefined ? {} : { t: seconds });

const until = (signal: AbortSignal | undefined): { abortSignal?: AbortSignal } =>
  signal === undefined ? {} : { abortSignal: signal };

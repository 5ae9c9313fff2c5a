import type { TestEngine } from '../helpers/engine.ts';
import { fillVolume, nameless } from './objects.ts';

export interface ObjectCase {
  readonly tool: string;
  input(name: string): object;
  /** Whether it is done to a container of that name, as `furnish` makes it. */
  readonly container?: true;
  /** What else is done before. */
  before?(engine: TestEngine, name: string): Promise<unknown>;
}

const EMPTY_ID = new Map<string, string>();

export const OBJECT_CASES: readonly ObjectCase[] = [
  {
    tool: 'tag_image',
    input: (name) => ({ image: 'busy:1', name: `${name}/web:2` }),
  },
  {
    tool: 'tag_image',
    input: (name) => ({ image: EMPTY_ID.get(name), name: `${name}/web:1` }),
    async before(on, name) {
      await on.docker.getImage('busy:1').tag({ repo: `${name}/web`, tag: '1' });
      const id = await nameless(on, name);
      await on.docker.getImage(id).tag({ repo: `${name}/spare`, tag: '1' });
      EMPTY_ID.set(name, id);
    },
  },
  {
    tool: 'remove_image',
    input: (name) => ({ image: `${name}/web:1` }),
    before: async ({ docker }, name) => docker.getImage('busy:1').tag({ repo: `${name}/web`, tag: '1' }),
  },
  {
    tool: 'remove_image',
    input: (name) => ({ image: EMPTY_ID.get(name) }),
    async before(on, name) {
      const id = await nameless(on, name);
      EMPTY_ID.set(name, id);
      for (const tag of ['1', '2']) await on.docker.getImage(id).tag({ repo: `${name}/both`, tag });
    },
  },
  {
    tool: 'remove_image',
    input: (name) => ({ image: EMPTY_ID.get(name) }),
    before: async (on, name) => void EMPTY_ID.set(name, await nameless(on, name)),
  },
  {
    tool: 'create_network',
    input: (name) => ({ name: `made-${name}`, internal: true, subnet: '10.88.7.0/24', labels: { a: 'b' } }),
  },
  {
    tool: 'connect_network',
    container: true,
    input: (name) => ({
      container: name,
      network: `${name}-more`,
      aliases: ['zeta', 'alpha'],
      address: '10.89.3.77',
    }),
    before: async ({ docker }, name) =>
      docker.createNetwork({
        Name: `${name}-more`,
        IPAM: { Driver: 'default', Config: [{ Subnet: '10.89.3.0/24' }] },
      }),
  },
  {
    tool: 'disconnect_network',
    container: true,
    input: (name) => ({ container: name, network: `${name}-net` }),
  },
  { tool: 'remove_network', container: true, input: (name) => ({ network: `${name}-net` }) },
  {
    tool: 'remove_network',
    container: true,
    input: (name) => ({ network: `${name}-net` }),
    before: async ({ docker }, name) => docker.getContainer(name).stop({ t: 0 }),
  },
  { tool: 'create_volume', input: (name) => ({ name: `${name}-new`, labels: { a: 'b' } }) },
  {
    tool: 'remove_volume',
    input: (name) => ({ volume: `${name}-loose` }),
    before: async (on, name) => fillVolume(on, `${name}-loose`),
  },
  {
    tool: 'remove_volume',
    input: (name) => ({ volume: `${name}-loose` }),
    before: async ({ docker }, name) => docker.createVolume({ Name: `${name}-loose` }),
  },
  {
    tool: 'prune',
    input: () => ({ kinds: ['containers', 'dangling_images', 'networks', 'volumes'] }),
    async before(on, name) {
      await nameless(on, name);
      await fillVolume(on, `${name}-loose`);
      await on.docker.createNetwork({ Name: `${name}-idle` });
      const idle = await on.docker.createContainer({
        name: `${name}-idle`,
        Image: 'busy:1',
        Cmd: ['sh', '-c', 'echo layer > /layer'],
        Volumes: { '/own': {} },
        HostConfig: { NetworkMode: 'none' },
      });
      await idle.start();
      await idle.wait();
    },
  },
];

import * as z from 'zod';
import { type ContainerSpec, goalOf, specOf } from '../../core/container-spec.ts';
import { HomeostatError } from '../../core/errors.ts';
import { containerAction } from './container-action.ts';
import { keptOf } from './container-change.ts';
import { nameOf } from './container.ts';

/** By which Compose knows what is its own. */
const COMPOSES = 'com.docker.compose.';
const NAME = /^[A-Za-z_]\w*$/;
const PORT =
  /^(?:(?<address>[\d.]*\.[\d.]*|\[[\da-f:]+\]):)?(?:(?<outer>\d{1,5}):)?(?<inner>\d{1,5})(?:\/(?<protocol>tcp|udp|sctp))?$/i;
/** The engine takes an address that is none for all addresses. */
const isAddress = (address = ''): boolean =>
  address === '' || z.union([z.ipv4(), z.ipv6()]).safeParse(address).success;
const addressOf = (text: string): string =>
  (PORT.exec(text)?.groups?.['address'] ?? '').replaceAll(/[[\]]/g, '');
const port = z
  .string()
  .regex(PORT, 'as in 127.0.0.1:8080:80/tcp')
  .refine((text) => isAddress(addressOf(text)), 'begins with something that is no address');

const changesSchema = z.object({
  container: z.string().min(1).describe('Name or id'),
  image: z.string().min(1).optional().describe('One that is here; pull it first'),
  env: z.record(z.string().regex(NAME), z.string().nullable()).optional().describe('null takes one away'),
  labels: z.record(z.string(), z.string().nullable()).optional().describe('null takes one away'),
  ports: z.array(port).max(50).optional().describe('All that it publishes: [ADDRESS:][PORT:]PORT[/PROTOCOL]'),
});
type Changes = z.infer<typeof changesSchema>;

export const recreateContainer = containerAction({
  name: 'recreate_container',
  title: 'Recreate a container',
  description:
    'Replace a container by one with another image, environment, labels or ports; all else is the same. Where the new one does not run or becomes unhealthy, the old one is put back.',
  input: changesSchema,
  level: 'MEDIUM',
  async plan(input, found, ctx) {
    const taken = Object.keys(input.labels ?? {}).find((name) => name.startsWith(COMPOSES));
    if (taken !== undefined)
      throw new HomeostatError(
        'invalid_input',
        `${taken} says which stack a container is of: Compose would take it for another`,
        { next: 'Change the stack with edit_compose and deploy_stack instead.' },
      );
    const before = keptOf(found);
    const image = input.image === undefined ? before.image : await ctx.engine.imageId(input.image);
    if (image === null)
      throw new HomeostatError('not_found', `there is no image ${input.image} here`, {
        next: 'Pull it with pull_image, then call again.',
      });
    const spec = withChanges(specOf(found), input);
    return {
      name: nameOf(found),
      before,
      after: { spec, goal: goalOf(found), image, layer: null, id: null },
    };
  },
});

function withChanges(spec: ContainerSpec, { image, env = {}, labels = {}, ports }: Changes): ContainerSpec {
  const { config, host_config } = spec;
  const given = new Map(Object.entries(env));
  // In their places, so that nothing else changes.
  const variables = ((config['Env'] ?? []) as string[]).flatMap((line) => {
    const name = line.split('=')[0] ?? '';
    const value = given.get(name);
    if (value === undefined) return [line];
    given.delete(name);
    return value === null ? [] : [`${name}=${value}`];
  });
  const added = [...given].flatMap(([name, value]) => (value === null ? [] : [`${name}=${value}`]));
  const kept = Object.entries({ ...(config['Labels'] as Record<string, string> | null), ...labels });
  const published = ports === undefined ? null : publishedBy(ports);
  return {
    ...spec,
    config: {
      ...config,
      Image: image ?? config.Image,
      Env: [...variables, ...added],
      Labels: Object.fromEntries(kept.filter(([, value]) => value !== null)),
      ...(published === null
        ? {}
        : { ExposedPorts: { ...(config['ExposedPorts'] as object | null), ...published.exposed } }),
    },
    host_config: published === null ? host_config : { ...host_config, PortBindings: published.bindings },
  };
}

function publishedBy(ports: readonly string[]): { exposed: object; bindings: object } {
  const bindings: Record<string, { HostIp: string; HostPort: string }[]> = {};
  for (const text of ports) {
    const { outer = '', inner = '', protocol = 'tcp' } = PORT.exec(text)?.groups ?? {};
    (bindings[`${inner}/${protocol}`] ??= []).push({ HostIp: addressOf(text), HostPort: outer });
  }
  return { exposed: Object.fromEntries(Object.keys(bindings).map((key) => [key, {}])), bindings };
}

import * as z from 'zod';
import { networkSpecSchema } from '../../../core/engine-objects.ts';
import { defineQuery } from '../../../core/tool.ts';

const MOST = 200;

export const listNetworks = defineQuery({
  name: 'list_networks',
  title: 'List networks',
  description: 'Networks of the Docker engine: driver, addresses, options, and the containers in them.',
  toolset: 'docker_networks',
  annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false },
  input: z.object({ name: z.string().optional().describe('Part of the name') }),
  output: z.object({
    networks: z.array(
      z.object({
        id: z.string(),
        scope: z.string(),
        /** In the engine's own words, https://docs.docker.com/reference/api/engine/. */
        settings: networkSpecSchema,
        used_by: z.array(z.string()),
      }),
    ),
    more: z.number().int(),
  }),

  async run({ name = '' }, { engine }) {
    const found = (await engine.networks.list())
      .filter(({ spec }) => spec.Name.includes(name))
      .toSorted((a, b) => a.spec.Name.localeCompare(b.spec.Name));
    const networks = [];
    for (const { id, scope, spec } of found.slice(0, MOST)) {
      const users = await engine.users({ network: id });
      networks.push({ id, scope, settings: spec, used_by: users.map((one) => one.name) });
    }
    return { networks, more: Math.max(0, found.length - MOST) };
  },
});

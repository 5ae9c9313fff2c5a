import * as z from 'zod';
import { defineQuery } from '../../../core/tool.ts';

const MOST = 200;

export const listVolumes = defineQuery({
  name: 'list_volumes',
  title: 'List volumes',
  description: 'Volumes of the Docker engine: driver, labels, and the containers that use them.',
  toolset: 'docker_volumes',
  annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false },
  input: z.object({
    name: z.string().optional().describe('Part of the name'),
    unused: z.boolean().optional().describe('Only those that no container has'),
  }),
  output: z.object({
    volumes: z.array(
      z.object({
        name: z.string(),
        driver: z.string(),
        created: z.string(),
        labels: z.record(z.string(), z.string()),
        used_by: z.array(z.string()),
      }),
    ),
    more: z.number().int(),
  }),

  async run({ name = '', unused = false }, { engine }) {
    const found = (await engine.volumes.list())
      .filter(({ spec }) => spec.Name.includes(name))
      .toSorted((a, b) => a.spec.Name.localeCompare(b.spec.Name));
    const rows = [];
    for (const { spec, created } of found.slice(0, MOST)) {
      const users = (await engine.users({ volume: spec.Name })).map((one) => one.name);
      const row = { name: spec.Name, driver: spec.Driver, created, labels: spec.Labels, used_by: users };
      if (!unused || users.length === 0) rows.push(row);
    }
    return { volumes: rows, more: Math.max(0, found.length - MOST) };
  },
});

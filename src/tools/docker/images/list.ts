import * as z from 'zod';
import { defineQuery } from '../../../core/tool.ts';

const MOST = 200;

export const listImages = defineQuery({
  name: 'list_images',
  title: 'List images',
  description: 'Images of the Docker engine: names, digests, size, and the containers that use them.',
  toolset: 'docker_images',
  annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false },
  input: z.object({ name: z.string().optional().describe('Part of a name') }),
  output: z.object({
    images: z.array(
      z.object({
        id: z.string(),
        names: z.array(z.string()),
        digests: z.array(z.string()).describe('By which a registry knows it'),
        bytes: z.number(),
        created: z.string(),
        used_by: z.array(z.string()),
      }),
    ),
    more: z.number().int(),
  }),

  async run({ name }, { engine }) {
    const found = (await engine.images.list())
      .filter(({ names }) => name === undefined || names.some((one) => one.includes(name)))
      .toSorted((a, b) => b.created - a.created);
    const images = [];
    for (const { id, names, digests, bytes, created } of found.slice(0, MOST)) {
      const users = await engine.users({ image: id });
      const time = new Date(created * 1000).toISOString();
      images.push({
        id,
        names: [...names],
        digests: [...digests],
        bytes,
        created: time,
        used_by: users.map((one) => one.name),
      });
    }
    return { images, more: Math.max(0, found.length - MOST) };
  },
});

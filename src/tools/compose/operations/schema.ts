import * as z from 'zod';
import { PROTOCOLS } from '../document/traefik.ts';

const service = z.string().min(1).max(200);
const name = z.string().min(1).max(400);
const scalar = z.union([z.string(), z.number(), z.boolean()]);
/** Any value that JSON has, within what a service of a Compose file may need. */
const definition = z.record(z.string(), z.json()).refine((value) => JSON.stringify(value).length <= 65_536, {
  message: 'over 65,536 characters',
});

/** Every change that a Compose file can be asked for. Names are those of the Compose specification. */
export const operationSchema = z.discriminatedUnion('op', [
  z.strictObject({ op: z.literal('add_service'), service, definition }),
  z.strictObject({ op: z.literal('set_image'), service, image: z.string().min(1).max(1000) }),
  z.strictObject({
    op: z.enum(['set_env', 'set_label']),
    service,
    name,
    value: scalar.nullable().describe('null: from the host'),
  }),
  z.strictObject({
    op: z.enum(['add_port', 'add_volume']),
    service,
    value: z.union([z.string().min(1), definition]).describe('Short or long form'),
  }),
  z.strictObject({ op: z.literal('add_network'), service, name, options: definition.optional() }),
  z.strictObject({
    op: z.literal('set_depends_on'),
    service,
    name,
    condition: z.enum(['service_started', 'service_healthy', 'service_completed_successfully']).optional(),
  }),
  z.strictObject({ op: z.literal('set_healthcheck'), service, definition }),
  z.strictObject({
    op: z.literal('set_limits'),
    service,
    cpus: z.string().optional(),
    memory: z.string().optional(),
    pids: z.number().int().optional(),
  }),
  z.strictObject({
    op: z.literal('set_route'),
    service,
    router: z.string().regex(/^[\w-]+$/),
    protocol: z.enum(PROTOCOLS).optional().describe('Of a new router: http unless told'),
    rule: z.string().optional(),
    entrypoints: z.array(z.string()).optional(),
    tls: z.boolean().optional(),
    certresolver: z.string().optional(),
    middlewares: z.array(z.string()).optional(),
    port: z.number().int().min(1).max(65_535).optional(),
  }),
  z
    .strictObject({ op: z.literal('set_field'), service, name, value: z.json() })
    .describe('Any other key of a service'),
  z.strictObject({
    op: z.literal('define'),
    section: z.enum(['volumes', 'networks', 'secrets', 'configs']),
    name,
    definition: definition.optional(),
  }),
  z.strictObject({
    op: z.literal('undefine'),
    section: z.enum(['volumes', 'networks', 'secrets', 'configs']),
    name,
  }),
  z.strictObject({ op: z.enum(['remove_service', 'remove_healthcheck', 'remove_limits']), service }),
  z
    .strictObject({
      op: z.enum([
        'remove_env',
        'remove_label',
        'remove_port',
        'remove_volume',
        'remove_network',
        'remove_depends_on',
        'remove_route',
        'remove_field',
      ]),
      service,
      name,
    })
    .describe(
      'name of a port: as written, or the container’s; of a volume: its target; of a route: its router, or PROTOCOL/ROUTER',
    ),
]);
export type Operation = z.infer<typeof operationSchema>;

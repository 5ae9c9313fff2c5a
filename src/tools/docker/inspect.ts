import * as z from 'zod';
import { containerStateSchema } from '../../core/engine.ts';
import { defineQuery } from '../../core/tool.ts';
import { nameOf } from './container.ts';

export const inspectContainer = defineQuery({
  name: 'inspect_container',
  title: 'Inspect a container',
  description: 'State, health, configuration, mounts and networks of a container; secrets are masked.',
  toolset: 'docker',
  annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false },
  input: z.object({ container: z.string().min(1).describe('Name or id') }),
  output: z.object({
    id: z.string(),
    name: z.string(),
    state: containerStateSchema,
    health: z.string().nullable(),
    exit_code: z.number(),
    error: z.string(),
    oom_killed: z.boolean(),
    started_at: z.string(),
    restarts: z.number(),
    image: z.string(),
    image_id: z.string(),
    /** In the engine's own words, https://docs.docker.com/reference/api/engine/. */
    config: z.looseObject({}),
    host_config: z.looseObject({}),
    mounts: z.array(z.looseObject({})),
    networks: z.record(z.string(), z.looseObject({})),
  }),

  async run({ container }, ctx) {
    const found = await ctx.engine.inspect(container);
    const { State, Config, HostConfig } = found;
    return {
      id: found.Id,
      name: nameOf(found),
      state: State.Status,
      health: State.Health?.Status ?? null,
      exit_code: State.ExitCode,
      error: State.Error ?? '',
      oom_killed: State.OOMKilled ?? false,
      started_at: State.StartedAt,
      restarts: found.RestartCount ?? 0,
      image: Config.Image,
      image_id: found.Image,
      config: told(Config),
      host_config: told(HostConfig),
      mounts: found.Mounts,
      networks: found.NetworkSettings.Networks,
    };
  },
});

/** Without what is empty or not set, which is most of it. */
function told(given: object): Record<string, unknown> {
  const isEmpty = (value: unknown): boolean =>
    value === null ||
    value === '' ||
    value === 0 ||
    value === false ||
    (typeof value === 'object' && Object.keys(value).length === 0);
  return Object.fromEntries(Object.entries(given).filter(([, value]) => !isEmpty(value)));
}

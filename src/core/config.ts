import * as z from 'zod';
import { AUTONOMY, type Autonomy, tightest } from './autonomy.ts';
import { type Tightening, bothTightenings, tighteningSchema } from './card.ts';

const positive = z.number().int().positive();

/** Groups of tools; each client is offered those that the configuration names. */
export const TOOLSETS = [
  'core',
  'process',
  'docker',
  'docker_more',
  'docker_images',
  'docker_networks',
  'docker_volumes',
  'compose',
  'metrics',
  'agents',
] as const;

const MOST_PROBES = 50;

/** The configuration file. Every field has a default: no file at all is a valid configuration. */
export const configSchema = z.strictObject({
  roots: z
    .array(z.string())
    .default([])
    .describe('Absolute folders in which agents may work. Default: the folder the server was started in.'),
  protected: z
    .strictObject({
      paths: z
        .array(z.string())
        .default([])
        .describe('Globs, relative to a root, that no agent changes without a person.'),
      services: z
        .array(z.string())
        .default([])
        .describe(
          'Services that no agent’s command acts on without a person: a systemctl or docker line that names one is CRITICAL.',
        ),
      usual_services: z
        .boolean()
        .default(true)
        .describe('Whether traefik, postgres and redis are among them without being named.'),
    })
    .prefault({}),
  secrets: z
    .strictObject({
      files: z
        .array(z.string())
        .default([])
        .describe('Absolute paths of files whose values are masked wherever they turn up.'),
      variables: z
        .array(z.string())
        .default([])
        .describe('Variables of the server whose values are masked, beside those named like secrets.'),
      shown: z
        .array(z.string())
        .default([])
        .describe('Globs, relative to a root, of files that look like secrets and that agents may read.'),
    })
    .prefault({}),
  autonomy: z
    .enum(AUTONOMY)
    .default('supervised')
    .describe('observe: look only. safe: SAFE and LOW alone. supervised: the default. full: asks least.'),
  autonomy_of: z
    .strictObject({
      cards: z
        .record(z.string(), z.enum(AUTONOMY))
        .default({})
        .describe('Autonomy of single cards, by name; the tightest of all that speak holds.'),
      roots: z
        .record(z.string().startsWith('/', 'not an absolute path'), z.enum(AUTONOMY))
        .default({})
        .describe('Autonomy in single folders, by absolute path, for what touches them or anything below.'),
    })
    .prefault({}),
  agents: z
    .record(z.string(), tighteningSchema)
    .default({})
    .describe(
      'What single cards may not do of what they name: tools, autonomy, roots, services, limits; never more.',
    ),
  limits: z
    .strictObject({
      actions_per_minute: positive.default(120).describe('Of one agent; more are refused.'),
      queries_per_minute: positive
        .default(1200)
        .describe('Of one agent in one server, of those that are recorded; more are refused.'),
      concurrent_actions: positive.default(8).describe('Of all agents together.'),
      held_actions: positive
        .default(20)
        .describe('Of one agent that may wait for a person; one more is refused.'),
      command_seconds: positive
        .default(120)
        .describe('Seconds; the default and the longest time of a command.'),
      output_bytes: positive
        .default(32_768)
        .describe('Bytes of each of stdout and stderr that are shown; the middle is left out.'),
      file_bytes: positive.default(10_485_760).describe('Bytes of the largest file that is read or written.'),
      command_processes: positive.default(512).describe('Processes of one command in the sandbox.'),
      command_memory_bytes: positive
        .default(4_294_967_296)
        .describe('Bytes of memory of one command in the sandbox.'),
      command_written_bytes: positive
        .default(4_294_967_296)
        .describe('Bytes that one command may write; a new file counts as 4096 more.'),
      snapshot_files: positive.default(50_000).describe('Entries of a root; one with more is asked about.'),
      snapshot_bytes: positive
        .default(1_073_741_824)
        .describe('Bytes of a root; one with more is asked about.'),
    })
    .prefault({}),
  retention: z
    .strictObject({
      snapshots: positive.default(100).describe('How many of the newest snapshots are kept.'),
      days: positive.default(90).describe('How long a snapshot is kept.'),
      bytes: positive
        .default(10_737_418_240)
        .describe('Bytes that kept snapshots may name together; content that several name counts each time.'),
      held_bytes: positive
        .default(1_073_741_824)
        .describe(
          'Bytes that all held actions together may have staged; one more is refused. As many for what failed commands left.',
        ),
      free_bytes: positive
        .default(209_715_200)
        .describe(
          'Bytes to keep free where snapshots are kept: with less, or less than free_percent, an action is refused.',
        ),
      free_percent: z
        .number()
        .min(0)
        .max(50)
        .default(2)
        .describe('Of the file system; the smaller of this and free_bytes counts.'),
    })
    .prefault({}),
  approvals: z
    .strictObject({
      require: z
        .enum(['passphrase', 'terminal'])
        .default('passphrase')
        .describe('terminal is weaker: whoever has your terminal can approve.'),
      expire_hours: z
        .number()
        .positive()
        .max(168)
        .default(12)
        .describe('How long a held action waits for a person, and an approval for its use; at most 168.'),
      ask_in: z
        .array(z.string())
        .default([])
        .describe(
          'Clients (by the name in the record, such as claude-ai or cursor-vscode) whose own form may ask the person about what is reversible and at most HIGH. Their word is then enough.',
        ),
      ask_seconds: positive
        .max(3600)
        .default(300)
        .describe('Seconds that such a form waits; afterwards the action is held as any other.'),
      notify: z
        .string()
        .optional()
        .describe(
          'A shell line run when an action is held, with HOMEOSTAT_ACTION set, and HOMEOSTAT_WAITING to how many wait; at most once a minute.',
        ),
      webhook: z
        .url({ protocol: /^https?$/ })
        .optional()
        .describe('An address to which the same is sent as JSON; what files hold is never part of it.'),
    })
    .prefault({}),
  audit: z
    .strictObject({
      days: positive
        .default(90)
        .describe('How long records stay in the database; later they lie in the archive, as verifiable.'),
      head_minutes: positive
        .max(1440)
        .default(10)
        .describe('How often the end of the chain is signed, while something is recorded.'),
      anchor: z
        .string()
        .optional()
        .describe(
          'A shell line that gets each signed head as a line of JSON on standard input, to keep it elsewhere.',
        ),
    })
    .prefault({}),
  docker: z
    .strictObject({
      host: z.string().optional().describe('`unix:///PATH`, `tcp://HOST:PORT` or `ssh://USER@HOST`.'),
      certificates: z.string().optional().describe('Folder of `ca.pem`, `cert.pem` and `key.pem` for TCP.'),
    })
    .prefault({})
    .describe('The container engine; unless told, that of `DOCKER_HOST`, else of this machine.'),
  metrics: z
    .strictObject({
      seconds: z
        .number()
        .int()
        .min(1)
        .max(3600)
        .default(15)
        .describe('How often `homeostat serve --http` puts down what it measures.'),
      kept_bytes: z
        .number()
        .int()
        .min(1_048_576)
        .max(1_073_741_824)
        .default(16_777_216)
        .describe('Bytes of it that are kept, the newest.'),
    })
    .prefault({}),
  probes: z
    .record(z.string().max(100), z.url({ protocol: /^(https?|tcp)$/ }))
    .default({})
    .refine((probes) => Object.keys(probes).length <= MOST_PROBES, `more than ${MOST_PROBES}`)
    .describe('Services that `get_health` asks, by name: `http://HOST:PORT/PATH` or `tcp://HOST:PORT`.'),
  toolsets: z.array(z.enum(TOOLSETS)).default(['core']).describe('Groups of tools that are offered.'),
});
export type Config = z.infer<typeof configSchema>;

/** Of what both name the tighter, and all that one of them names: each entry can only tighten. */
function bothOf<T>(
  a: Record<string, T>,
  b: Record<string, T>,
  tighter: (a: T, b: T) => T,
): Record<string, T> {
  const merged = { ...a };
  for (const [name, entry] of Object.entries(b)) {
    const other = Object.hasOwn(a, name) ? a[name] : undefined;
    merged[name] = other === undefined ? entry : tighter(entry, other);
  }
  return merged;
}

const tighterLevel = (a: Autonomy, b: Autonomy): Autonomy => tightest([a, b]);

/**
 * A configuration that no person has trusted may only tighten `base`, the last that somebody did trust: what
 * it loosens stays as it was. Its roots are not believed either, since a root is what an agent may write to.
 */
export function tightened(config: Config, base: Config): Config {
  const lower = (name: keyof Config['limits']): number => Math.min(config.limits[name], base.limits[name]);
  const union = (a: readonly string[], b: readonly string[]): string[] => [...new Set([...a, ...b])];
  return {
    ...base,
    protected: {
      paths: union(base.protected.paths, config.protected.paths),
      services: union(base.protected.services, config.protected.services),
      usual_services: base.protected.usual_services || config.protected.usual_services,
    },
    secrets: {
      files: union(base.secrets.files, config.secrets.files),
      variables: union(base.secrets.variables, config.secrets.variables),
      shown: base.secrets.shown,
    },
    autonomy: tightest([config.autonomy, base.autonomy]),
    autonomy_of: {
      cards: bothOf(base.autonomy_of.cards, config.autonomy_of.cards, tighterLevel),
      roots: bothOf(base.autonomy_of.roots, config.autonomy_of.roots, tighterLevel),
    },
    agents: bothOf<Tightening>(base.agents, config.agents, bothTightenings),
    limits: {
      actions_per_minute: lower('actions_per_minute'),
      queries_per_minute: lower('queries_per_minute'),
      concurrent_actions: lower('concurrent_actions'),
      held_actions: lower('held_actions'),
      command_seconds: lower('command_seconds'),
      output_bytes: lower('output_bytes'),
      file_bytes: lower('file_bytes'),
      command_processes: lower('command_processes'),
      command_memory_bytes: lower('command_memory_bytes'),
      command_written_bytes: lower('command_written_bytes'),
      snapshot_files: lower('snapshot_files'),
      snapshot_bytes: lower('snapshot_bytes'),
    },
    approvals: {
      ...base.approvals,
      require: config.approvals.require === 'passphrase' ? 'passphrase' : base.approvals.require,
      expire_hours: Math.min(config.approvals.expire_hours, base.approvals.expire_hours),
      ask_in: base.approvals.ask_in.filter((client) => config.approvals.ask_in.includes(client)),
    },
  };
}

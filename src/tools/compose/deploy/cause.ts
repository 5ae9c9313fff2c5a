import * as z from 'zod';
import type { Engine, Inspected } from '../../../core/engine.ts';

/** Why a deploy failed, as far as the engine, the log and Compose tell. */
export const causeSchema = z.enum([
  'out_of_memory',
  'bad_command',
  'port_taken',
  'bad_address',
  'name_taken',
  'read_only',
  'permission_denied',
  'image_missing',
  'build_failed',
  'pull_failed',
  'image_changed',
  'network_missing',
  'volume_failed',
  'mount_failed',
  'invalid_file',
  'dependency_failed',
  'health_command_missing',
  'unhealthy',
  'probe_failed',
  'crash_loop',
  'exited',
  'too_slow',
  'no_compose',
  'unknown',
]);
type Cause = z.infer<typeof causeSchema>;

export const failureSchema = z.object({
  service: z.string(),
  cause: causeSchema,
  detail: z.string(),
  exit_code: z.number().int().nullable(),
  log: z.string().describe('Its last lines'),
});
export type Failure = z.infer<typeof failureSchema>;

/** What programs, the engine and Compose print, the more telling first. */
const TOLD: readonly (readonly [Cause, RegExp])[] = [
  // Before ports: the engine says the same of an address that another container has, only without a bind.
  [
    'bad_address',
    /invalid address [\da-f.:]+|no configured subnet|(^|networking: |daemon: |service [\w.-]+: )address already in use/im,
  ],
  ['port_taken', /address (already )?in use|port is already allocated|bind: .*in use/i],
  ['name_taken', /container name .* is already in use/i],
  [
    'bad_command',
    /executable file not found|no such file or directory: unknown|exec format error|: not found$|can't execute/im,
  ],
  ['read_only', /read-only file ?system/i],
  ['image_missing', /no such image|pull access denied|manifest unknown|image .* not found/i],
  ['network_missing', /network .*(not found|could not be found|declared as external)/i],
  [
    'volume_failed',
    /(volume|driver|plugin) .*(not found|different driver|nonexistent driver|failed|error|could not be found|declared as external)|configuration for volume/i,
  ],
  [
    'mount_failed',
    /invalid mount config|bind source path does not exist|mounting .* failed|custom device|not a directory/i,
  ],
  ['dependency_failed', /is unhealthy|dependency failed|is missing a? ?dependency|depends on/i],
  [
    'invalid_file',
    /unsupported config option|additional propert|is invalid|contains an invalid type|validation/i,
  ],
  ['permission_denied', /permission denied|operation not permitted/i],
];

/** What a text tells; null where it tells nothing. */
const toldBy = (text: string): Cause | null => TOLD.find(([, pattern]) => pattern.test(text))?.[0] ?? null;

const LAST_LINES = 10;
const MOST_BYTES = 2000;

/** Why a container is not what it should be. */
export async function failureOf(
  found: Inspected,
  { service, image }: { readonly service: string; readonly image: string | null },
  seen: { readonly late: boolean; readonly probe: string | null },
  engine: Engine,
): Promise<Failure> {
  const { State, RestartCount = 0 } = found;
  const log = await lastLines(found, engine);
  const check = State.Health?.Log?.at(-1);
  const output = (check?.Output ?? '').trim().slice(0, 500);
  const runs = State.Status === 'running';
  const said = toldBy(State.Error ?? '') ?? (runs ? null : toldBy(log));
  const ofHealth = (): Cause =>
    /executable file not found|not found/i.test(output) || check?.ExitCode === 127
      ? 'health_command_missing'
      : 'unhealthy';
  const cause = ((): Cause => {
    if (image !== null && image !== found.Image) return 'image_changed';
    // The engine hears of it from the kernel, sometimes after the end itself.
    const isKilled = !runs && State.ExitCode === 137 && Number(found.HostConfig['Memory'] ?? 0) > 0;
    if (State.OOMKilled === true || isKilled) return 'out_of_memory';
    if (!runs || RestartCount > 0) {
      if (said !== null) return said;
      if (State.ExitCode === 126 || State.ExitCode === 127) return 'bad_command';
      return RestartCount > 0 || State.Status === 'restarting' ? 'crash_loop' : 'exited';
    }
    if (State.Health?.Status === 'unhealthy') return ofHealth();
    if (seen.probe !== null) return 'probe_failed';
    return seen.late ? 'too_slow' : 'unknown';
  })();
  const detail = [
    runs && RestartCount === 0
      ? `it runs; health: ${State.Health?.Status ?? 'no check'}`
      : `it is ${State.Status}`,
    RestartCount > 0 ? `started again ${RestartCount} times` : '',
    State.Error ?? '',
    output === '' ? '' : `its health check said: ${output}`,
    seen.probe === null ? '' : `its probe said: ${seen.probe}`,
    seen.late ? 'the time is over' : '',
  ];
  return {
    service,
    cause,
    detail: detail.filter(Boolean).join('; '),
    exit_code: runs ? null : State.ExitCode,
    log,
  };
}

async function lastLines({ Id }: Inspected, engine: Engine): Promise<string> {
  const options = { tail: LAST_LINES, timestamps: false, maxBytes: MOST_BYTES, followMs: 0 };
  const { text } = await engine
    .logs(Id, { ...options, signal: AbortSignal.timeout(1000) })
    .catch(() => ({ text: '' }));
  return text.trim();
}

/** Why Compose itself gave up, from what it printed last. */
export function failureOfCompose(exitCode: number | null, timedOut: boolean, printed: string): Failure {
  const lines = printed
    .split(/[\r\n]+/)
    .filter((line) => line.trim() !== '' && !/ \.\.\. (done)?\s*$/.test(line))
    .slice(-LAST_LINES)
    .join('\n');
  const cause = exitCode === 127 ? 'no_compose' : timedOut ? 'too_slow' : (toldBy(lines) ?? 'unknown');
  const service =
    /(?:Cannot (?:create container for|start) service|for) (?:"?)([\w.-]+)/i.exec(lines)?.[1] ?? '';
  return {
    service,
    cause,
    detail: timedOut ? 'Compose did not end in time' : `Compose ended with exit code ${exitCode ?? 'none'}`,
    exit_code: exitCode,
    log: lines.slice(-MOST_BYTES),
  };
}

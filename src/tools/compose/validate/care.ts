import { type Mapping, type Place, textOf, valueAt, isHidden } from '../document/value.ts';
import type { Operation } from '../operations/schema.ts';
import { type Finding, finding } from '../resolve/problem.ts';
import { servicesOf } from '../resolve/project.ts';
import type { Power } from './powers.ts';

const WHY = {
  compose_privileged: 'whoever breaks into the container has the host',
  compose_host_control: 'whoever breaks into the container has the host',
  mounts_own_state: 'what runs in the container reads homeostat’s record and what approvals rest on',
  compose_host_mount: 'what runs in the container reaches files outside the folders in which agents work',
} as const;

/** Powers over the host, each where it is given. */
export const powerFindings = (powers: readonly Power[]): Finding[] =>
  powers.map(({ kind, service, what, place, mend }) =>
    finding(
      kind.replace('compose_', ''),
      kind === 'compose_host_mount' ? 'note' : 'warning',
      place,
      `${service === '' ? 'The file' : service}: ${what}; ${WHY[kind]}.`,
      mend,
    ),
  );

/** What a service does well to have: a health check, limits, and an image that says its version. */
export function checkCare(root: Mapping): Finding[] {
  return servicesOf(root).flatMap(([service, { value, place }]) => [
    ...careOf(service, value, place),
    ...imageOf(service, value, place),
  ]);
}

function careOf(service: string, value: Parameters<typeof valueAt>[0], place: Place): Finding[] {
  const found: Finding[] = [];
  if (valueAt(value, ['healthcheck']) === undefined)
    found.push(
      finding(
        'no_healthcheck',
        'note',
        place,
        `${service} has no health check of its own: that it runs is all that can be told, unless its image has one.`,
        knownCheck(service, value),
      ),
    );
  const limited = ['mem_limit', 'cpus', 'cpu_quota'].some((key) => valueAt(value, [key]) !== undefined);
  if (!limited && valueAt(value, ['deploy', 'resources', 'limits']) === undefined)
    found.push(
      finding('no_limits', 'note', place, `${service} may take all memory and processors of the host.`, [
        { op: 'set_limits', service, memory: '512M', cpus: '1.0' },
      ]),
    );
  return found;
}

const WELL = { interval: '10s', timeout: '5s', retries: 5, start_period: '30s' };

/** Commands by which the images themselves say to be asked; of others nobody knows what is in them. */
const CHECKS: readonly (readonly [RegExp, string])[] = [
  [/^postgres$/, 'pg_isready -U "$${POSTGRES_USER:-postgres}"'],
  [/^(redis|valkey)$/, 'redis-cli ping | grep PONG'],
  [/^rabbitmq$/, 'rabbitmq-diagnostics -q ping'],
  [/^mariadb$/, 'healthcheck.sh --connect --innodb_initialized'],
];

function knownCheck(service: string, value: Parameters<typeof valueAt>[0]): Operation[] {
  const image = textOf(valueAt(value, ['image'])) ?? '';
  const name =
    image
      .replace(/@.*$/, '')
      .replace(/:[^/]*$/, '')
      .split('/')
      .at(-1) ?? '';
  const command = CHECKS.find(([pattern]) => pattern.test(name))?.[1];
  if (command === undefined) return [];
  return [{ op: 'set_healthcheck', service, definition: { test: ['CMD-SHELL', command], ...WELL } }];
}

function imageOf(service: string, value: Parameters<typeof valueAt>[0], place: Place): Finding[] {
  const at = valueAt(value, ['image']);
  const image = textOf(at);
  if (at === undefined || image === undefined) {
    const isMade = ['build', 'provider', 'extends'].some((key) => valueAt(value, [key]) !== undefined);
    return isMade
      ? []
      : [finding('no_image', 'error', place, `${service} has neither an image nor a build.`)];
  }
  const tag = /:([^/@]+)(@.*)?$/.exec(image)?.[1];
  if (image.includes('@') || (tag !== undefined && tag !== 'latest') || isHidden(at)) return [];
  return [
    finding(
      'floating_image',
      'note',
      at.place,
      `${service}: ${image} is another image from one pull to the next.`,
    ),
  ];
}

import { type Mapping, type Place, textOf, valueAt } from '../document/value.ts';
import { type Finding, finding } from '../resolve/problem.ts';
import { servicesOf } from '../resolve/project.ts';
import type { Power } from './powers.ts';

const WHY = {
  compose_privileged: 'whoever breaks into the container has the host',
  compose_host_control: 'whoever breaks into the container has the host',
  compose_host_mount: 'what runs in the container reaches files outside the folders in which agents work',
} as const;

/** Powers over the host, each where it is given. */
export const powerFindings = (powers: readonly Power[]): Finding[] =>
  powers.map(({ kind, service, what, place }) =>
    finding(
      kind.replace('compose_', ''),
      kind === 'compose_host_mount' ? 'note' : 'warning',
      place,
      `${service === '' ? 'The file' : service}: ${what}; ${WHY[kind]}.`,
      what === 'privileged' ? [{ op: 'remove_field', service, name: 'privileged' }] : [],
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
  if (
    image.includes('@') ||
    (tag !== undefined && tag !== 'latest') ||
    (at.kind === 'scalar' && at.hidden === true)
  )
    return [];
  return [
    finding(
      'floating_image',
      'note',
      at.place,
      `${service}: ${image} is another image from one pull to the next.`,
    ),
  ];
}

import {
  type Mapping,
  type Place,
  type Value,
  itemsOf,
  textOf,
  valueAt,
  isHidden,
} from '../document/value.ts';
import { type Port, portOf, rangeOf } from '../document/ports.ts';
import { type Finding, finding } from '../resolve/problem.ts';
import { servicesOf } from '../resolve/project.ts';

/** Published ports that are compared with each other. */
const MOST = 2000;

interface Published {
  readonly service: string;
  readonly port: Port;
  readonly range: { from: number; to: number };
  readonly place: Place;
  readonly item: Value;
}

/** Ports and container names that two services of the project want for themselves. */
export function checkClashes(root: Mapping): Finding[] {
  return [...portClashes(publishedBy(root).slice(0, MOST)), ...nameClashes(root)];
}

/** Published ports whose numbers are known. */
export function publishedBy(root: Mapping): Published[] {
  return servicesOf(root).flatMap(([service, { value }]) =>
    itemsOf(valueAt(value, ['ports'])).flatMap((item) => {
      const port = isHidden(item) ? null : portOf(item);
      const range = port === null ? null : rangeOf(port.published);
      return port === null || range === null ? [] : [{ service, port, range, place: item.place, item }];
    }),
  );
}

const everywhere = (address: string): boolean => address === '' || address === '0.0.0.0' || address === '::';

function portClashes(taken: readonly Published[]): Finding[] {
  return taken.flatMap((one, index) =>
    taken.slice(0, index).flatMap((other): Finding[] => {
      const meets =
        one.port.protocol === other.port.protocol &&
        one.range.from <= other.range.to &&
        other.range.from <= one.range.to &&
        (everywhere(one.port.address) ||
          everywhere(other.port.address) ||
          one.port.address === other.port.address);
      // Ranges of one service are shared out among its containers.
      if (!meets || (one.service === other.service && one.range.from !== one.range.to)) return [];
      const text = textOf(one.item);
      const mend =
        text === undefined ? [] : [{ op: 'remove_port' as const, service: one.service, name: text }];
      const message = `${one.service} publishes ${one.port.published}/${one.port.protocol}, as ${other.service} does in line ${other.place.line}: only one of them can start.`;
      return [finding('port_clash', 'error', one.place, message, mend)];
    }),
  );
}

function nameClashes(root: Mapping): Finding[] {
  const seen = new Map<string, string>();
  return servicesOf(root).flatMap(([service, { value }]) => {
    const at = valueAt(value, ['container_name']);
    const name = textOf(at);
    if (at === undefined || name === undefined || isHidden(at)) return [];
    const other = seen.get(name);
    seen.set(name, service);
    const found: Finding[] = [];
    if (other !== undefined)
      found.push(
        finding(
          'container_name_clash',
          'error',
          at.place,
          `${service} wants the name ${name}, which ${other} has.`,
          [{ op: 'remove_field', service, name: 'container_name' }],
        ),
      );
    const replicas = Number(
      textOf(valueAt(value, ['deploy', 'replicas'])) ?? textOf(valueAt(value, ['scale'])) ?? 1,
    );
    if (replicas > 1)
      found.push(
        finding(
          'container_name_scaled',
          'error',
          at.place,
          `${service} runs ${replicas} times, and a container's name is there once.`,
          [{ op: 'remove_field', service, name: 'container_name' }],
        ),
      );
    return found;
  });
}

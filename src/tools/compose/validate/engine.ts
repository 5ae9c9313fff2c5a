import type { ContainerRow, Engine, ListedContainer, Listening } from '../../../core/engine.ts';
import { HomeostatError } from '../../../core/errors.ts';
import { textOf, valueAt, isHidden } from '../document/value.ts';
import { type Finding, finding } from '../resolve/problem.ts';
import { type Project, servicesOf } from '../resolve/project.ts';
import { publishedBy } from './clashes.ts';
import { type AskRegistries, missingImages } from './images.ts';
import { clashesWith } from './traefik.ts';

/**
 * What the engine has that is in a project's way; an engine that does not answer has nothing to say, which is told.
 * `published` asks registries for what is not here.
 */
export async function checkEngine(
  project: Project,
  name: string,
  engine: Pick<Engine, 'list' | 'listening' | 'imageId'>,
  published: AskRegistries = async () => new Map(),
): Promise<Finding[] | HomeostatError> {
  try {
    const rows = await engine.list(true);
    const others = rows.filter((row) => row.project !== name);
    return [
      ...portClashes(project, rows, name, () => engine.listening() ?? []),
      ...nameClashes(project, others),
      ...routeClashes(project, name, others),
      ...(await missingImages(project, engine, published)),
    ];
  } catch (error) {
    if (error instanceof HomeostatError && error.code === 'engine_unreachable') return error;
    throw error;
  }
}

/** Traefik puts the labels of all containers that run into one table. */
const routeClashes = ({ root }: Project, name: string, others: readonly ListedContainer[]): Finding[] =>
  others.filter(({ state }) => state === 'running').flatMap((one) => clashesWith(root, name, one));

interface Taken extends Listening {
  /** Null where it is no container. */
  readonly name: string | null;
}

/** Ports on which a container of somebody else's listens, or a program that is none. */
function portClashes(
  { root }: Project,
  rows: readonly ContainerRow[],
  project: string,
  programs: () => readonly Listening[],
): Finding[] {
  const published = publishedBy(root);
  if (published.length === 0) return [];
  const [own, others] = [
    rows.filter((row) => row.project === project),
    rows.filter((row) => row.project !== project),
  ];
  const known = portsOf(rows);
  const strangers = programs().filter((one) => !known.some((other) => meets(one, other)));
  const taken = [...portsOf(others), ...strangers.map((one) => ({ ...one, name: null }))];
  if (taken.length === 0) return [];
  // One on the machine's own network may be what listens: the engine does not say.
  const isSure = own.every(({ state, ports }) => state !== 'running' || ports.length > 0);
  return published.flatMap(({ service, port, range, place, item }): Finding[] => {
    // Of a range any free one is taken.
    if (range.from !== range.to) return [];
    const { protocol, address } = port;
    const other = taken.find((one) => meets(one, { protocol, address, port: range.from }));
    if (other === undefined) return [];
    const text = textOf(item);
    const mend = text === undefined ? [] : [{ op: 'remove_port' as const, service, name: text }];
    const who = other.name === null ? 'a program that is no container' : `container ${other.name}`;
    const message = `${service} publishes ${port.published}/${protocol}, which ${who} has: it cannot start.`;
    const severity = other.name === null && !isSure ? 'warning' : 'error';
    return [finding('port_taken', severity, place, message, mend)];
  });
}

const portsOf = (rows: readonly ContainerRow[]): Taken[] =>
  rows.flatMap(({ name, ports }) =>
    ports.flatMap((text) => {
      const [, address = '', port, protocol] = /^(.*):(\d+)->\d+\/(tcp|udp)$/.exec(text) ?? [];
      return port === undefined
        ? []
        : [{ name, address, port: Number(port), protocol: protocol as 'tcp' | 'udp' }];
    }),
  );

const meets = (one: Listening, other: Pick<Listening, 'address' | 'port'> & { protocol: string }): boolean =>
  one.port === other.port &&
  one.protocol === other.protocol &&
  (isAny(one.address) || isAny(other.address) || bare(one.address) === bare(other.address));

const bare = (address: string): string => address.replaceAll(/[[\]]/g, '');
const isAny = (address: string): boolean => ['', '0.0.0.0', '::', '[::]'].includes(address);

function nameClashes({ root }: Project, others: readonly ContainerRow[]): Finding[] {
  const taken = new Map(others.map((row) => [row.name, row]));
  return servicesOf(root).flatMap(([service, { value }]) => {
    const at = valueAt(value, ['container_name']);
    const other = taken.get(textOf(at) ?? '');
    if (at === undefined || other === undefined || isHidden(at)) return [];
    const whose = other.project === null ? 'of no project' : `of project ${other.project}`;
    return [
      finding(
        'container_name_taken',
        'error',
        at.place,
        `${service} wants the name ${other.name}, which a container ${whose} has: it cannot be made.`,
        [{ op: 'remove_field', service, name: 'container_name' }],
      ),
    ];
  });
}

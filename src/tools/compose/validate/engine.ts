import type { ContainerRow, Engine } from '../../../core/engine.ts';
import { HomeostatError } from '../../../core/errors.ts';
import { portOf, rangeOf } from '../document/ports.ts';
import { itemsOf, textOf, valueAt } from '../document/value.ts';
import { type Finding, finding } from '../resolve/problem.ts';
import { type Project, servicesOf } from '../resolve/project.ts';

/** What the engine has that is in a project's way; an engine that does not answer has nothing to say, which is told. */
export async function checkEngine(
  project: Project,
  name: string,
  engine: Pick<Engine, 'list' | 'imageId'>,
): Promise<Finding[] | HomeostatError> {
  try {
    const others = (await engine.list(true)).filter((row) => row.project !== name);
    return [
      ...portClashes(project, others),
      ...nameClashes(project, others),
      ...(await missingImages(project, engine)),
    ];
  } catch (error) {
    if (error instanceof HomeostatError && error.code === 'engine_unreachable') return error;
    throw error;
  }
}

/** Ports on which a container of somebody else's listens. */
function portClashes({ root }: Project, others: readonly ContainerRow[]): Finding[] {
  const taken = others.flatMap(({ name, ports }) =>
    ports.flatMap((text) => {
      const [, address = '', port, protocol] = /^(.*):(\d+)->\d+\/(\w+)$/.exec(text) ?? [];
      return port === undefined ? [] : [{ name, address, port: Number(port), protocol }];
    }),
  );
  if (taken.length === 0) return [];
  return servicesOf(root).flatMap(([service, { value }]) =>
    itemsOf(valueAt(value, ['ports'])).flatMap((item): Finding[] => {
      const port = item.kind === 'scalar' && item.hidden === true ? null : portOf(item);
      const range = port === null ? null : rangeOf(port.published);
      // Of a range any free one is taken.
      if (port === null || range === null || range.from !== range.to) return [];
      const other = taken.find(
        (one) =>
          one.port === range.from &&
          one.protocol === port.protocol &&
          (isAny(one.address) || isAny(port.address) || one.address === port.address),
      );
      if (other === undefined) return [];
      const text = textOf(item);
      const mend = text === undefined ? [] : [{ op: 'remove_port' as const, service, name: text }];
      const message = `${service} publishes ${port.published}/${port.protocol}, which container ${other.name} has: it cannot start.`;
      return [finding('port_taken', 'error', item.place, message, mend)];
    }),
  );
}

const isAny = (address: string): boolean => ['', '0.0.0.0', '::', '[::]'].includes(address);

function nameClashes({ root }: Project, others: readonly ContainerRow[]): Finding[] {
  const taken = new Map(others.map((row) => [row.name, row]));
  return servicesOf(root).flatMap(([service, { value }]) => {
    const at = valueAt(value, ['container_name']);
    const other = taken.get(textOf(at) ?? '');
    if (at === undefined || other === undefined || (at.kind === 'scalar' && at.hidden === true)) return [];
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

/** A registry is not asked: where to look would be the file's word, and so a way to send something out. */
async function missingImages({ root }: Project, engine: Pick<Engine, 'imageId'>): Promise<Finding[]> {
  const asked = new Map<string, Promise<string | null>>();
  const idOf = async (image: string): Promise<string | null> => {
    const known = asked.get(image) ?? engine.imageId(image);
    asked.set(image, known);
    return known;
  };
  const found = await Promise.all(
    servicesOf(root).map(async ([service, { value }]): Promise<Finding[]> => {
      const at = valueAt(value, ['image']);
      const image = textOf(at);
      const isHidden = at?.kind === 'scalar' && at.hidden === true;
      if (at === undefined || image === undefined || image === '' || isHidden) return [];
      if ((await idOf(image)) !== null) return [];
      const isBuilt = valueAt(value, ['build']) !== undefined;
      return [
        finding(
          'image_missing',
          isBuilt ? 'note' : 'warning',
          at.place,
          `${service}: ${image} is not here; it has to be ${isBuilt ? 'built' : 'pulled'} before a deploy.`,
        ),
      ];
    }),
  );
  return found.flat();
}

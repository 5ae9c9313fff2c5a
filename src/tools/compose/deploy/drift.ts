import type { QueryContext } from '../../../core/context.ts';
import { MASK } from '../../../core/secrets.ts';
import { nameOf } from '../../docker/container.ts';
import type { Project } from '../resolve/project.ts';
import { masked } from '../resolve/rows.ts';
import { fieldsOfContainer } from './container-fields.ts';
import { otherDefinitions } from './definitions.ts';
import { type Difference, compared } from './fields.ts';
import { fieldsOfService } from './file-fields.ts';
import { type Chosen, LABEL, digestOf, modelOf } from './model.ts';
import { imagesOf, numberOf, ownOf, serviceNameOf } from './standing.ts';

interface Found extends Difference {
  readonly service: string;
  readonly container: string | null;
}

/**
 * Where what runs is not what the files say; what a protected file sets is not compared, since nobody may see it, nor
 * what no container tells that homeostat has not made.
 */
export async function driftOf(
  project: Project,
  chosen: Chosen,
  ctx: QueryContext,
): Promise<{ project: string; differences: Found[]; hidden: string[] }> {
  const model = await modelOf(project, chosen, ctx);
  const has = await ownOf(model.project, ctx);
  const standing = { ...has, images: await imagesOf(model, has.containers, ctx) };
  const differences: Found[] = [];
  const [hidden, untold] = [new Set<string>(), new Set<string>()];
  const known = new Map(model.services.map((service) => [service.name, service]));
  for (const found of standing.containers) {
    const at = { service: serviceNameOf(found), container: nameOf(found) };
    const service = known.get(at.service);
    if (service === undefined || numberOf(found) > service.replicas) {
      if (!model.inactive.includes(at.service))
        differences.push({ ...at, key: 'container', file: null, runs: `extra, ${found.State.Status}` });
      continue;
    }
    if (found.State.Status !== 'running')
      differences.push({ ...at, key: 'state', file: 'running', runs: found.State.Status });
    const image = standing.images.get(service.image) ?? null;
    const { differences: fields, unread } = compared(
      fieldsOfService(service, model, image?.id ?? null, standing),
      fieldsOfContainer(found, standing.images.get(found.Image) ?? null, standing),
    );
    const shown = fields.filter(({ key, file }) => {
      const isHidden = file?.includes(MASK) === true;
      if (isHidden) hidden.add(`${at.service}: ${key}`);
      return !isHidden;
    });
    differences.push(...shown.map((one) => ({ ...at, ...maskedIn(one, ctx) })));
    const last = found.Config.Labels?.[LABEL.config];
    if (last === undefined) for (const key of unread) untold.add(`${at.service}: ${key}`);
    const isBlind = [...hidden].some((name) => name.startsWith(`${at.service}: `));
    if (shown.length === 0 && !isBlind && last !== undefined && last !== digestOf(service))
      differences.push({ ...at, key: 'configuration', file: 'another', runs: 'as it was last deployed' });
  }
  for (const { name, replicas } of model.services) {
    const there = standing.containers.filter((found) => serviceNameOf(found) === name).length;
    for (let number = there; number < replicas; number++)
      differences.push({ service: name, container: null, key: 'container', file: 'missing', runs: null });
  }
  for (const { section, name, key, file, runs } of otherDefinitions(model, standing))
    differences.push({ service: '', container: null, key: `${section}.${name}.${key}`, file, runs });
  return { project: model.project, differences, hidden: [...new Set([...hidden, ...untold])] };
}

/** What stands behind a name that tells of a secret is masked on both sides. */
function maskedIn({ key, file, runs }: Difference, ctx: QueryContext): Difference {
  const name = key.slice(key.indexOf('.') + 1);
  const shown = (text: string | null): string | null =>
    text === null ? null : masked(name, text, ctx.secrets);
  return { key, file: shown(file), runs: shown(runs) };
}

import type { QueryContext } from '../../../core/context.ts';
import { MASK } from '../../../core/secrets.ts';
import { nameOf } from '../../docker/container.ts';
import { masked } from '../resolve/rows.ts';
import { fieldsOfContainer } from './container-fields.ts';
import { otherDefinitions } from './definitions.ts';
import { type Difference, compared } from './fields.ts';
import { fieldsOfService } from './file-fields.ts';
import { type Chosen, LABEL, type Model, digestOf, modelOf } from './model.ts';
import { nameIn } from './notation.ts';
import { openWhole } from './seeing.ts';
import { imagesOf, numberOf, ownOf, serviceNameOf } from './standing.ts';

interface Found extends Difference {
  readonly service: string;
  readonly container: string | null;
}

interface Drift {
  readonly project: string;
  readonly differences: readonly Found[];
  /** What no container tells that homeostat has not made. */
  readonly untold: readonly string[];
  readonly files: readonly string[];
}

/**
 * Where what runs is not what the files say. Values are compared as they are, and those that a protected file sets are
 * shown to nobody: what a reading without them does not tell as well is masked.
 */
export async function driftOf(paths: readonly string[], chosen: Chosen, ctx: QueryContext): Promise<Drift> {
  const { seen, whole, seeing } = await openWhole(paths, ctx, ctx.hiddenFiles);
  const shown = await modelOf(seen, chosen, ctx);
  const read = await modelOf(whole, chosen, seeing);
  const open = new Map(shown.services.map((service) => [service.name, service]));
  const model = { ...read, services: read.services.filter(({ name }) => open.has(name)) };
  const has = await ownOf(model.project, ctx);
  const standing = { ...has, images: await imagesOf(model, has.containers, ctx) };
  const differences: Found[] = [];
  const untold = new Set<string>();
  const known = new Map(model.services.map((service) => [service.name, service]));
  for (const found of standing.containers) {
    const at = { service: serviceNameOf(found), container: nameOf(found) };
    const [service, same] = [known.get(at.service), open.get(at.service)];
    if (service === undefined || same === undefined || numberOf(found) > service.replicas) {
      if (!model.inactive.includes(at.service))
        differences.push({ ...at, key: 'container', file: null, runs: `extra, ${found.State.Status}` });
      continue;
    }
    if (found.State.Status !== 'running')
      differences.push({ ...at, key: 'state', file: 'running', runs: found.State.Status });
    const image = standing.images.get(service.image)?.id ?? null;
    const runs = fieldsOfContainer(found, standing.images.get(found.Image) ?? null, standing);
    const said = fieldsOfService(same, shown, image, standing);
    const keyOf = (key: string): string =>
      said.fields.has(key) ? key : `${key.split('.')[0] ?? ''}.${MASK}`;
    const visible = compared(said, runs);
    const { differences: fields, unread } = compared(fieldsOfService(service, model, image, standing), runs);
    for (const one of withoutHidden(fields, visible.differences))
      differences.push({ ...at, ...maskedIn(one.isHidden ? { ...one, key: keyOf(one.key) } : one, ctx) });
    const last = found.Config.Labels?.[LABEL.config];
    if (last === undefined)
      for (const key of unread)
        untold.add(`${at.service}: ${visible.unread.includes(key) ? key : keyOf(key)}`);
    if (fields.length === 0 && last !== undefined && last !== digestOf(service))
      differences.push({ ...at, key: 'configuration', file: 'another', runs: 'as it was last deployed' });
  }
  for (const { name, replicas } of model.services) {
    const there = standing.containers.filter((found) => serviceNameOf(found) === name).length;
    for (let number = there; number < replicas; number++)
      differences.push({ service: name, container: null, key: 'container', file: 'missing', runs: null });
  }
  const names = new Set([...namesIn('networks', shown), ...namesIn('volumes', shown)]);
  const others = otherDefinitions(model, standing);
  for (const { section, name, key, file, runs } of withoutHidden(others, otherDefinitions(shown, standing)))
    differences.push({
      service: '',
      container: null,
      key: `${section}.${names.has(name) ? name : MASK}.${key}`,
      file,
      runs,
    });
  return {
    project: shown.project === model.project ? model.project : MASK,
    differences,
    untold: [...untold],
    files: seen.files,
  };
}

const namesIn = (section: 'networks' | 'volumes', model: Model): string[] =>
  Object.keys(model.sections[section] ?? {}).map((key) => nameIn(section, key, model));

/** Masks both values of what is not told by those that anybody may see; what runs may have been hidden, too. */
function withoutHidden<D extends Difference>(
  all: readonly D[],
  visible: readonly D[],
): (D & { isHidden: boolean })[] {
  const told = new Set(visible.map((one) => JSON.stringify(one)));
  const hide = (text: string | null): string | null => (text === null ? null : MASK);
  return all.map((one) =>
    told.has(JSON.stringify(one))
      ? { ...one, isHidden: false }
      : { ...one, file: hide(one.file), runs: hide(one.runs), isHidden: true },
  );
}

/** What stands behind a name that tells of a secret is masked on both sides. */
function maskedIn({ key, file, runs }: Difference, ctx: QueryContext): Difference {
  const name = key.slice(key.indexOf('.') + 1);
  const shown = (text: string | null): string | null =>
    text === null ? null : masked(name, text, ctx.secrets);
  return { key, file: shown(file), runs: shown(runs) };
}

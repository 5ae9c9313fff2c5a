import { HomeostatError } from '../../../core/errors.ts';
import type { Inspected } from '../../../core/engine.ts';
import { goalOf } from '../../../core/container-spec.ts';
import { nameOf } from '../../docker/container.ts';
import { type Difference, compared, fieldsOfContainer, fieldsOfService } from './fields.ts';
import { type Body, LABEL, type Model, type Service, digestOf } from './model.ts';
import { isExternal, nameIn } from './notation.ts';
import { type Standing, numberOf, serviceNameOf } from './standing.ts';

export interface Wanted {
  readonly verb: 'up' | 'update' | 'remove';
  readonly services?: readonly string[] | undefined;
  readonly orphans: boolean;
  readonly volumes: boolean;
}

/** How images come with a deploy, by name as the files have it. */
export type Fresh = ReadonlyMap<string, 'built' | 'pulled'>;

/** What happens to one container, or to one that is not there yet, and why. */
export interface Step {
  readonly service: string;
  readonly container: Inspected | null;
  readonly change: 'create' | 'recreate' | 'remove' | 'keep';
  readonly why: readonly string[];
}

export interface Plan {
  readonly steps: readonly Step[];
  /** Services that are looked at: those asked for, with all that they need. */
  readonly chosen: readonly Service[];
  /** Services that Compose is to make containers of, what each needs before it. */
  readonly made: readonly Service[];
  /** Names in the engine that come with them. */
  readonly networks: readonly string[];
  readonly volumes: readonly string[];
  /** Volumes that go, with what they hold. */
  readonly lost: readonly string[];
  /** Containers of the project that no service of the files has, and that stay. */
  readonly orphans: readonly string[];
}

const MOST_NAMED = 12;

export function planOf(model: Model, standing: Standing, wanted: Wanted, fresh: Fresh = new Map()): Plan {
  const known = new Map(model.services.map((service) => [service.name, service]));
  const unknown = wanted.services?.find((name) => !known.has(name));
  const ofService = new Map<string, Inspected[]>();
  for (const found of standing.containers)
    ofService.set(serviceNameOf(found), [...(ofService.get(serviceNameOf(found)) ?? []), found]);
  if (unknown !== undefined && !(wanted.verb === 'remove' && ofService.has(unknown)))
    throw new HomeostatError('not_found', `the files have no service ${unknown}`);
  const orphaned = standing.containers.filter(
    (found) => !known.has(serviceNameOf(found)) && !model.inactive.includes(serviceNameOf(found)),
  );
  const going: Step[] = wanted.orphans
    ? orphaned.map((container) => ({
        service: serviceNameOf(container),
        container,
        change: 'remove',
        why: ['no service of the files'],
      }))
    : [];
  const orphans = wanted.orphans ? [] : orphaned.map(nameOf);
  if (wanted.verb === 'remove') return removal(model, standing, wanted, going, orphans);
  const chosen = chosenOf(model, ofService, wanted);
  const why = reasonsOf(chosen, model, standing, ofService, fresh);
  const made = ordered(chosen.filter(({ name }) => (why.get(name) ?? []).length > 0));
  const steps = chosen.flatMap((service) => stepsOf(service, ofService.get(service.name) ?? [], why));
  return {
    steps: [...steps, ...going],
    chosen,
    made,
    ...comingWith(made, model, standing),
    lost: [],
    orphans,
  };
}

function removal(
  model: Model,
  standing: Standing,
  { services, volumes }: Wanted,
  going: readonly Step[],
  orphans: readonly string[],
): Plan {
  const names = services ?? [...model.services.map(({ name }) => name), ...model.inactive];
  const steps = standing.containers
    .filter((found) => names.includes(serviceNameOf(found)))
    .map((container): Step => ({
      service: serviceNameOf(container),
      container,
      change: 'remove',
      why: ['asked for'],
    }));
  if (volumes && services !== undefined)
    throw new HomeostatError('invalid_input', 'volumes are the whole project’s: they go only with all of it');
  const own = new Set(
    Object.entries((model.sections['volumes'] ?? {}) as Record<string, Body | null>)
      .filter(([, entry]) => !isExternal(entry))
      .map(([key]) => nameIn('volumes', key, model)),
  );
  const lost = volumes
    ? standing.volumes
        .filter(({ name, project }) => own.has(name) && project === model.project)
        .map(({ name }) => name)
    : [];
  return { steps: [...steps, ...going], chosen: [], made: [], networks: [], volumes: [], lost, orphans };
}

/** The services asked for with all that they need. */
function chosenOf(
  model: Model,
  ofService: ReadonlyMap<string, readonly Inspected[]>,
  { verb, services }: Wanted,
): Service[] {
  const byName = new Map(model.services.map((service) => [service.name, service]));
  const chosen = new Set<string>();
  const choose = (name: string): void => {
    if (chosen.has(name)) return;
    chosen.add(name);
    for (const other of byName.get(name)?.needs ?? []) choose(other);
  };
  for (const name of services ?? byName.keys()) choose(name);
  return model.services.filter(
    ({ name }) => chosen.has(name) && (verb === 'up' || (ofService.get(name) ?? []).length > 0),
  );
}

/** Why each service's containers are made, or made anew; those that stay as they are have no reason. */
function reasonsOf(
  chosen: readonly Service[],
  model: Model,
  standing: Standing,
  ofService: ReadonlyMap<string, readonly Inspected[]>,
  fresh: Fresh,
): Map<string, string[]> {
  const reasons = new Map<string, string[]>();
  for (const service of chosen) {
    const found = ofService.get(service.name) ?? [];
    const why = new Set<string>();
    if (found.length !== service.replicas) why.add(`${service.replicas} wanted, ${found.length} there`);
    if (found.length === 0)
      for (const one of told(compared(fieldsOfService(service, model, null), new Map()))) why.add(one);
    for (const container of found)
      for (const one of differing(service, container, model, standing, fresh)) why.add(one);
    reasons.set(service.name, [...why]);
  }
  // What shares a container's network or processes has to find the new one.
  for (const { name, shares } of ordered(chosen))
    for (const other of shares)
      if ((reasons.get(other) ?? []).length > 0)
        reasons.get(name)?.push(`shares what ${other} has, which is made anew`);
  return reasons;
}

function differing(
  service: Service,
  found: Inspected,
  model: Model,
  standing: Standing,
  fresh: Fresh,
): string[] {
  const image = standing.images.get(service.image) ?? null;
  const goal = goalOf(found);
  const ended = goal === 'exited' && !(found.State.ExitCode === 0 && isAwaited(service.name, model));
  const state = ended || goal === 'paused' ? [`it is ${found.State.Status}`] : [];
  const how = fresh.get(service.image);
  const fields = compared(
    fieldsOfService(service, model, image?.id ?? null),
    fieldsOfContainer(found, standing.images.get(found.Image) ?? null),
  ).filter(({ key }) => how === undefined || key !== 'image');
  const last = found.Config.Labels?.[LABEL.config];
  const isOther = fields.length === 0 && last !== undefined && last !== digestOf(service);
  return [
    ...state,
    ...(how === undefined ? [] : [`its image is ${how} anew`]),
    ...told(fields),
    ...(isOther ? ['its configuration has changed'] : []),
  ];
}

/** What a person is told of fields. However many variables and labels there are, they hide nothing of what runs. */
function told(fields: readonly Difference[]): string[] {
  const isNamed = ({ key }: Difference): boolean => /^(environment|labels)\./.test(key);
  const plain = fields.filter((field) => !isNamed(field));
  const named = fields.filter(isNamed);
  return [
    ...plain.map(({ key, file, runs }) => `${key}: ${runs ?? 'nothing'} → ${file ?? 'nothing'}`),
    // Values of variables are nobody's to read in a plan.
    ...named
      .slice(0, MOST_NAMED)
      .map(({ key, file, runs }) => `${key} ${file === null ? 'goes' : runs === null ? 'comes' : 'changes'}`),
    ...(named.length > MOST_NAMED ? [`${named.length - MOST_NAMED} more variables and labels`] : []),
  ];
}

const isAwaited = (name: string, model: Model): boolean =>
  model.services.some(({ awaits }) => awaits.includes(name));

function stepsOf(
  { name, replicas }: Service,
  found: readonly Inspected[],
  reasons: ReadonlyMap<string, readonly string[]>,
): Step[] {
  const why = reasons.get(name) ?? [];
  const byNumber = found.toSorted((a, b) => numberOf(a) - numberOf(b));
  const steps = byNumber.map((container, at): Step => {
    const change = why.length === 0 ? 'keep' : at < replicas ? 'recreate' : 'remove';
    return { service: name, container, change, why };
  });
  const fresh = Array.from({ length: Math.max(0, replicas - found.length) }, (): Step => ({
    service: name,
    container: null,
    change: 'create',
    why,
  }));
  return [...steps, ...fresh];
}

/** What each needs before it; a circle was found by the validator. */
export function ordered(services: readonly Service[]): Service[] {
  const byName = new Map(services.map((service) => [service.name, service]));
  const [begun, done] = [new Set<Service>(), new Set<Service>()];
  const visit = (service: Service): void => {
    if (begun.has(service)) return;
    begun.add(service);
    for (const name of service.needs) {
      const other = byName.get(name);
      if (other !== undefined) visit(other);
    }
    done.add(service);
  };
  for (const service of services) visit(service);
  return [...done];
}

/** Networks and volumes that Compose makes for them, since they are not there. */
function comingWith(
  made: readonly Service[],
  model: Model,
  standing: Standing,
): { networks: string[]; volumes: string[] } {
  const wanted = { networks: new Set<string>(), volumes: new Set<string>() };
  for (const { body } of made) {
    const { networks, network_mode, volumes } = body;
    const named = Array.isArray(networks) ? networks.map(String) : Object.keys(networks ?? {});
    if (network_mode === undefined)
      for (const name of named.length === 0 ? ['default'] : named) wanted.networks.add(name);
    for (const volume of Array.isArray(volumes) ? (volumes as unknown[]) : []) {
      const source =
        typeof volume === 'object' && volume !== null
          ? (volume as { type?: string; source?: string }).type === 'volume'
            ? (volume as { source?: string }).source
            : undefined
          : String(volume).includes(':')
            ? String(volume).split(':')[0]
            : undefined;
      if (source !== undefined && !source.startsWith('/')) wanted.volumes.add(source);
    }
  }
  const missing = (section: 'networks' | 'volumes'): string[] =>
    [...wanted[section]]
      .filter(
        (key) =>
          !isExternal(
            ((model.sections[section] ?? {}) as Record<string, Record<string, unknown> | null>)[key],
          ),
      )
      .map((key) => nameIn(section, key, model))
      .filter((name) => !standing[section].some((one) => one.name === name));
  return { networks: missing('networks'), volumes: missing('volumes') };
}

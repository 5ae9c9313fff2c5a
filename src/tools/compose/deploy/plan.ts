import { HomeostatError } from '../../../core/errors.ts';
import type { Inspected } from '../../../core/engine.ts';
import { nameOf } from '../../docker/container.ts';
import { type Body, type Model, type Service, ordered } from './model.ts';
import { isExternal, nameIn } from './notation.ts';
import { type Fresh, NO_REASONS, type Reasons, reasonsOf } from './reasons.ts';
import { type Standing, numberOf, serviceNameOf } from './standing.ts';

export interface Wanted {
  readonly verb: 'up' | 'update' | 'remove';
  readonly services?: readonly string[] | undefined;
  readonly orphans: boolean;
  readonly volumes: boolean;
}

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
  /** Of these, those that keep what they have and get more of it. */
  readonly more: readonly string[];
  /** What of the files can be told from no container: neither by what the engine says, nor by a label of homeostat's. */
  readonly unread: readonly string[];
  /** Names in the engine that come with them. */
  readonly networks: readonly string[];
  readonly volumes: readonly string[];
  /** Volumes that go, with what they hold. */
  readonly lost: readonly string[];
  /** Containers of the project that no service of the files has, and that stay. */
  readonly orphans: readonly string[];
}

const NOTHING_MADE = { chosen: [], made: [], more: [], unread: [], networks: [], volumes: [] };

export function planOf(model: Model, standing: Standing, wanted: Wanted, fresh: Fresh = new Map()): Plan {
  const known = new Map(model.services.map((service) => [service.name, service]));
  const unknown = wanted.services?.find((name) => !known.has(name));
  const ofService = byService(standing);
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
  const chosen = chosenOf(model, standing, wanted);
  const why = reasonsOf(chosen, model, standing, ofService, fresh);
  const steps = chosen.flatMap((service) => stepsOf(service, ofService.get(service.name) ?? [], why));
  const comes = new Set(
    steps.flatMap(({ service, change }) => (change === 'create' || change === 'recreate' ? [service] : [])),
  );
  const made = ordered(chosen.filter(({ name }) => comes.has(name)));
  const kept = new Set(steps.flatMap(({ service, change }) => (change === 'keep' ? [service] : [])));
  return {
    steps: [...steps, ...going],
    chosen,
    made,
    more: made.map(({ name }) => name).filter((name) => kept.has(name)),
    unread: chosen.flatMap(({ name }) => why.get(name)?.unread ?? []),
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
  return { ...NOTHING_MADE, steps: [...steps, ...going], lost, orphans };
}

function byService({ containers }: Pick<Standing, 'containers'>): Map<string, Inspected[]> {
  const found = new Map<string, Inspected[]>();
  for (const one of containers) {
    const own = found.get(serviceNameOf(one));
    if (own === undefined) found.set(serviceNameOf(one), [one]);
    else own.push(one);
  }
  return found;
}

/** The services asked for with all that they need, which images have to be there for. */
export function chosenOf(
  model: Model,
  standing: Pick<Standing, 'containers'>,
  { verb, services }: Pick<Wanted, 'verb' | 'services'>,
): Service[] {
  if (verb === 'remove') return [];
  const ofService = byService(standing);
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

function stepsOf(
  { name, replicas }: Service,
  found: readonly Inspected[],
  reasons: ReadonlyMap<string, Reasons>,
): Step[] {
  const { anew, count } = reasons.get(name) ?? NO_REASONS;
  const number = count === null ? [] : [count];
  const byNumber = found.toSorted((a, b) => numberOf(a) - numberOf(b));
  const steps = byNumber.map((container, at): Step => {
    if (at >= replicas) return { service: name, container, change: 'remove', why: number };
    return { service: name, container, change: anew.length === 0 ? 'keep' : 'recreate', why: anew };
  });
  const fresh = Array.from({ length: Math.max(0, replicas - found.length) }, (): Step => ({
    service: name,
    container: null,
    change: 'create',
    why: found.length === 0 ? [...number, ...anew] : number,
  }));
  return [...steps, ...fresh];
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

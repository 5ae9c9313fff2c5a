import type { ContainerRow, Engine, Inspected } from '../../core/engine.ts';
import { HomeostatError } from '../../core/errors.ts';
import type { Bounds } from './bounds.ts';

/** Whether a card says which services it may touch, and does not leave them all to it. */
const isBound = (bounds: Bounds | null): bounds is Bounds =>
  bounds !== null && bounds.services.some((patterns) => !patterns.includes('*'));

/** Whether all lists name it; null where the card leaves every service to it. Labels say nothing: an agent may set them. */
export function servicesOf(bounds: Bounds | null): ((name: string) => boolean) | null {
  if (!isBound(bounds)) return null;
  const lists = bounds.services.map((patterns) => patterns.map(nameLike));
  return (name) => lists.every((patterns) => patterns.some((pattern) => pattern.test(name)));
}

/** A service's own name, or that of a container which Compose makes of it: `shop-web-1`. */
function nameLike(pattern: string): RegExp {
  const source = pattern
    .split('*')
    .map((text) => text.replaceAll('.', String.raw`\.`))
    .join('.*');
  return new RegExp(`^(?:(?:[\\w.-]+[-_])?${source}[-_]\\d+|${source}(?:\\.service)?)$`, 's');
}

/** Whether an action names what it acts on by itself, so that its lines need not be asked for names. */
export const namesServices = (resources: readonly string[]): boolean =>
  resources.some((resource) => !OF_NO_SERVICE.test(resource));

/** The first of the resources that an action locks which is a service that the card does not name. */
export function foreignService(resources: readonly string[], bounds: Bounds | null): string | null {
  const named = servicesOf(bounds);
  if (named === null) return null;
  return resources.find((resource) => !OF_NO_SERVICE.test(resource) && !named(lastName(resource))) ?? null;
}

/** Files, own processes, and a whole stack, whose containers are named beside it. */
const OF_NO_SERVICE = /^(?:file|tree|process|action|stack):/;
const lastName = (resource: string): string => resource.split(/[:/]/).at(-1) ?? resource;

/** What of the engine is read while an action is worked out. All else is more than one service's. */
const READS_IMAGES: ReadonlySet<string> = new Set(['imageId', 'imageConfig']);
const TELLS_WHERE: ReadonlySet<string> = new Set(['client']);
const OF_ONE: ReadonlySet<string> = new Set(['logs', 'stats', 'written']);

/**
 * The engine as far as a card reaches, for queries and for what is worked out before a commit; what is committed was
 * worked out with it.
 */
export function engineWithin(engine: Engine, bounds: Bounds | null): Engine {
  const named = servicesOf(bounds);
  if (named === null) return engine;
  const inspect = async (container: string): Promise<Inspected> => {
    const found = await engine.inspect(container);
    if (named(found.Name.replace(/^\//, ''))) return found;
    throw foreign(bounds, container);
  };
  const list = async (all: boolean): Promise<ContainerRow[]> =>
    (await engine.list(all)).filter((row) => named(row.name));
  // Images, networks and volumes are nobody's, or several services'.
  const beyond = async (): Promise<never> => {
    throw foreign(bounds, 'more of the engine than its containers');
  };
  return new Proxy(engine, {
    get(target, key): unknown {
      const value: unknown = Reflect.get(target, key);
      if (typeof value === 'object' && value !== null && !TELLS_WHERE.has(String(key)))
        return new Proxy(value, { get: () => beyond });
      if (typeof value !== 'function') return value;
      if (key === 'inspect') return inspect;
      if (key === 'list') return list;
      const call = value as (...args: unknown[]) => unknown;
      // What waits at the machine's ports is every service's.
      if (key === 'listening') return () => null;
      if (READS_IMAGES.has(String(key))) return call.bind(target);
      return async (...args: unknown[]): Promise<unknown> => {
        if (!OF_ONE.has(String(key))) return beyond();
        await inspect(String(args[0]));
        return call.apply(target, args);
      };
    },
  });
}

const foreign = (bounds: Bounds | null, what: string): HomeostatError =>
  new HomeostatError('service_not_on_card', `the card ${bounds?.card ?? ''} does not name ${what}`);

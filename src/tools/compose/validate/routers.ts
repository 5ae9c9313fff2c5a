import {
  type Mapping,
  type Place,
  type Value,
  entriesOf,
  isHidden,
  textOf,
  valueAt,
} from '../document/value.ts';
import { type Protocol, type Routing, isEnable, routingOf } from '../document/traefik.ts';
import { servicesOf } from '../resolve/project.ts';
import { namedMap } from '../resolve/short-forms.ts';

/** Routers that are compared with each other. */
const MOST = 2000;

interface Label {
  /** Of the file's services. */
  readonly owner: string;
  readonly routing: Routing;
  readonly value: string;
  readonly place: Place;
}

export interface Router {
  readonly protocol: Protocol;
  readonly name: string;
  readonly owner: string;
  readonly labels: ReadonlyMap<string, { readonly value: string; readonly place: Place }>;
  readonly place: Place;
}

export interface Routers {
  readonly routers: readonly Router[];
  /** Names of services or middlewares that labels define, of one of the file's services or of all. */
  defined(kind: 'services' | 'middlewares', protocol: Protocol, owner?: string): ReadonlySet<string>;
}

/** What the labels of all services say to Traefik; of one that it is told to leave alone, nothing. */
export function routersOf(root: Mapping): Routers {
  return routersIn(servicesOf(root).flatMap(([owner, { value }]) => labelsOf(owner, value)));
}

function routersIn(labels: readonly Label[]): Routers {
  return {
    routers: grouped(labels).slice(0, MOST),
    defined: (kind, protocol, owner) =>
      new Set(
        labels.flatMap((label) =>
          label.routing.kind === kind &&
          label.routing.protocol === protocol &&
          (owner === undefined || owner === label.owner)
            ? [label.routing.name.toLowerCase()]
            : [],
        ),
      ),
  };
}

/** The same of a container that stands; `place` is all that can be said of where. */
export function routersOfContainer(
  owner: string,
  labels: Readonly<Record<string, string>>,
  place: Place,
): Routers {
  const isLeft = Object.entries(labels).some(
    ([name, value]) => isEnable(name) && value.toLowerCase() === 'false',
  );
  const said = Object.entries(isLeft ? {} : labels).flatMap(([name, value]): Label[] => {
    const routing = routingOf(name);
    return routing === null ? [] : [{ owner, routing, value, place }];
  });
  return routersIn(said);
}

function labelsOf(owner: string, service: Value): Label[] {
  const labels = valueAt(service, ['labels']);
  const all = entriesOf(labels === undefined ? undefined : namedMap(labels));
  if (all.some(([name, { value }]) => isEnable(name) && textOf(value)?.toLowerCase() === 'false')) return [];
  return all.flatMap(([name, { value, place }]) => {
    const routing = isHidden(value) ? null : routingOf(name);
    return routing === null ? [] : [{ owner, routing, value: textOf(value) ?? '', place }];
  });
}

function grouped(labels: readonly Label[]): Router[] {
  const found = new Map<string, Router & { labels: Map<string, { value: string; place: Place }> }>();
  for (const { owner, routing, value, place } of labels) {
    if (routing.kind !== 'routers') continue;
    const { protocol, name, key } = routing;
    const id = [owner, protocol, name].join('\0');
    const router = found.get(id) ?? { protocol, name, owner, labels: new Map(), place };
    router.labels.set(key, { value, place });
    found.set(id, router);
  }
  return [...found.values()];
}

export const valueOf = (router: Router, key: string): string => router.labels.get(key)?.value ?? '';

export const listOf = (router: Router, key: string): string[] =>
  valueOf(router, key)
    .split(',')
    .map((part) => part.trim())
    .filter(Boolean);

import { type Path, type Value, entriesOf, itemsOf, textOf, valueAt } from '../document/value.ts';
import {
  PROTOCOLS,
  type Protocol,
  type Routing,
  isEnable,
  isTraefik,
  routingOf,
} from '../document/traefik.ts';
import { type Primitive, refused } from '../edit/primitive.ts';
import { namedMap } from '../resolve/short-forms.ts';
import { setEntry } from './collections.ts';
import { lifted } from './lifted.ts';
import type { Operation } from './schema.ts';

type SetRoute = Extract<Operation, { op: 'set_route' }>;

interface Label {
  readonly name: string;
  readonly value: string;
  readonly routing: Routing | null;
}

/** A router's labels; each has its own place in the file. */
export function routeSettings(route: SetRoute, root: Value, service: Path): Primitive[] {
  const path = [...service, 'labels'];
  const now = labelsAt(root, path);
  refuseSwarm(now, root, service);
  const protocol = route.protocol ?? protocolOf(route.router, now) ?? 'http';
  if (
    protocol === 'udp' &&
    (route.rule ?? route.tls ?? route.certresolver ?? route.middlewares) !== undefined
  )
    throw refused('set_route: a UDP router has entrypoints and a port alone');
  const isNew = !now.some(({ routing }) => isOf(routing, protocol, 'routers', route.router));
  const wanted = wantedOf(route, protocol, now);
  if (wanted.length === 0) throw refused('set_route: nothing to set');
  if (isNew && protocol !== 'udp' && route.rule === undefined)
    throw refused(`there is no router ${route.router} yet: it needs a rule`);
  const enable = isNew && !now.some(({ name }) => isEnable(name));
  const all = [...(enable ? [['traefik.enable', 'true'] as const] : []), ...wanted];
  // A label that is there keeps its spelling: Traefik tells no large letters from small ones.
  const spelt = all.map(([name, value]): [string, string] => [
    now.find((one) => one.name.toLowerCase() === name.toLowerCase())?.name ?? name,
    value,
  ]);
  const there = valueAt(root, path);
  if (there !== undefined && !(there.kind === 'scalar' && there.value === null))
    return spelt.flatMap(([name, value]) => setEntry(root, path, name, value));
  return [{ do: 'set', path, value: new Map(spelt) }];
}

/** Labels by name; where a second service comes, each router says which one is its own, as Traefik then wants. */
function wantedOf(route: SetRoute, protocol: Protocol, now: readonly Label[]): (readonly [string, string])[] {
  const prefix = `traefik.${protocol}.routers.${route.router}`;
  const labels: [string, string | undefined][] = [
    [`${prefix}.rule`, route.rule],
    [`${prefix}.entrypoints`, route.entrypoints?.join(',')],
    [`${prefix}.tls`, route.tls === undefined ? undefined : String(route.tls)],
    [`${prefix}.tls.certresolver`, route.certresolver],
    [`${prefix}.middlewares`, route.middlewares?.join(',')],
  ];
  const set = labels.flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const]));
  if (route.port === undefined) return set;
  const services = namesOf(now, protocol, 'services');
  const own = serviceOf(route.router, protocol, now) ?? route.router;
  const port = [`traefik.${protocol}.services.${own}.loadbalancer.server.port`, String(route.port)] as const;
  if (services.every((name) => name === own)) return [...set, port];
  const [only] = services;
  const unsaid = [...new Set([...namesOf(now, protocol, 'routers'), route.router])].filter(
    (router) => labelOf(router, 'service', protocol, now) === undefined,
  );
  return [
    ...set,
    ...unsaid.map((router): readonly [string, string] => [
      `traefik.${protocol}.routers.${router}.service`,
      router === route.router || services.length !== 1 ? own : (only ?? own),
    ]),
    port,
  ];
}

/**
 * Every label of a router, and those of its service unless another router uses it. With the last router
 * `traefik.enable` goes, too: Traefik would make a router of its own by the container's name.
 */
export function removeRoute(named: string, root: Value, service: Path): Primitive[] {
  const path = [...service, 'labels'];
  const now = labelsAt(root, path);
  refuseSwarm(now, root, service);
  const [, said, router = named] = /^(http|tcp|udp)\/(.+)$/.exec(named) ?? [];
  const protocol = (said as Protocol | undefined) ?? protocolOf(router, now);
  const isRouter = ({ routing }: Label): boolean =>
    protocol !== undefined && isOf(routing, protocol, 'routers', router);
  if (protocol === undefined || !now.some(isRouter))
    throw refused(`there is no router ${router} in this service`);
  const own = serviceOf(router, protocol, now);
  const others = namesOf(now, protocol, 'routers').filter((name) => name !== router);
  const isShared = others.some((name) => serviceOf(name, protocol, now) === own);
  const goes = (label: Label): boolean =>
    isRouter(label) || (own !== undefined && !isShared && isOf(label.routing, protocol, 'services', own));
  const rest = now.filter((label) => !goes(label) && isTraefik(label.name));
  const isLast = rest.every(({ name, value }) => isEnable(name) && value.toLowerCase() === 'true');
  const gone = now.map((label) => goes(label) || (isLast && isTraefik(label.name)));
  if (gone.every(Boolean)) return lifted(root, path);
  const isList = valueAt(root, path)?.kind === 'list';
  return now
    .flatMap(({ name }, index): Primitive[] =>
      gone[index] === true ? [{ do: 'remove', path: [...path, isList ? index : name] }] : [],
    )
    .toReversed();
}

const isOf = (routing: Routing | null, protocol: Protocol, kind: Routing['kind'], name: string): boolean =>
  routing?.protocol === protocol && routing.kind === kind && routing.name === name;

const namesOf = (now: readonly Label[], protocol: Protocol, kind: Routing['kind']): string[] => [
  ...new Set(
    now.flatMap(({ routing }) =>
      routing?.protocol === protocol && routing.kind === kind ? [routing.name] : [],
    ),
  ),
];

const labelOf = (
  router: string,
  key: string,
  protocol: Protocol,
  now: readonly Label[],
): string | undefined =>
  now.find(({ routing }) => isOf(routing, protocol, 'routers', router) && routing?.key === key)?.value;

/** The service of a router: the one that it names, else the only one that there is. */
function serviceOf(router: string, protocol: Protocol, now: readonly Label[]): string | undefined {
  const said = labelOf(router, 'service', protocol, now);
  if (said !== undefined) return said.replace(/@docker$/, '');
  const services = namesOf(now, protocol, 'services');
  if (services.includes(router)) return router;
  const isThere = namesOf(now, protocol, 'routers').includes(router);
  return isThere && services.length === 1 ? services[0] : undefined;
}

/** The protocol that has a router of this name; throws where several have. */
function protocolOf(router: string, now: readonly Label[]): Protocol | undefined {
  const found = PROTOCOLS.filter((one) => now.some(({ routing }) => isOf(routing, one, 'routers', router)));
  if (found.length > 1)
    throw refused(
      `${found.join(' and ')} both have a router ${router}: say which, as PROTOCOL/ROUTER or protocol`,
    );
  return found[0];
}

/** Traefik of a swarm reads other labels than Traefik of an engine; homeostat edits the latter. */
function refuseSwarm(now: readonly Label[], root: Value, service: Path): void {
  const swarm = labelsAt(root, [...service, 'deploy', 'labels']);
  if (swarm.some(({ routing }) => routing !== null) && !now.some(({ routing }) => routing !== null))
    throw refused(
      'its routers stand under deploy.labels, which only Swarm reads: change them there with set_field deploy',
    );
}

function labelsAt(root: Value, path: Path): Label[] {
  const now = valueAt(root, path);
  const pairs: [string, string][] =
    now?.kind === 'list'
      ? itemsOf(now).map((item) => {
          const [name = '', ...rest] = (textOf(item) ?? '').split('=');
          return [name, rest.join('=')];
        })
      : entriesOf(now === undefined ? undefined : namedMap(now)).map(([name, { value }]) => [
          name,
          textOf(value) ?? '',
        ]);
  return pairs.map(([name, value]) => ({ name, value, routing: routingOf(name) }));
}

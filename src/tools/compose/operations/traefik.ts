import { type Path, type Value, entriesOf, itemsOf, textOf, valueAt } from '../document/value.ts';
import { type Primitive, refused } from '../edit/primitive.ts';
import { setEntry } from './collections.ts';
import { lifted } from './lifted.ts';
import type { Operation } from './schema.ts';

type SetRoute = Extract<Operation, { op: 'set_route' }>;

/** A router's labels; each has its own place in the file. */
export function routeSettings(route: SetRoute, root: Value, service: Path): Primitive[] {
  const prefix = `traefik.http.routers.${route.router}`;
  const labels: [string, string | undefined][] = [
    [`${prefix}.rule`, route.rule],
    [`${prefix}.entrypoints`, route.entrypoints?.join(',')],
    [`${prefix}.tls`, route.tls === undefined ? undefined : String(route.tls)],
    [`${prefix}.tls.certresolver`, route.certresolver],
    [`${prefix}.middlewares`, route.middlewares?.join(',')],
    [`traefik.http.services.${route.router}.loadbalancer.server.port`, route.port?.toString()],
  ];
  const wanted = labels.flatMap(([name, value]) => (value === undefined ? [] : [{ name, value }]));
  const path = [...service, 'labels'];
  if (wanted.length === 0) throw refused('set_route: nothing to set');
  const isNew = !labelNames(root, path).some((name) => name.startsWith(`${prefix}.`));
  if (isNew && route.rule === undefined)
    throw refused(`there is no router ${route.router} yet: it needs a rule`);
  const enable = isNew && !labelNames(root, path).includes('traefik.enable');
  const all = enable ? [{ name: 'traefik.enable', value: 'true' }, ...wanted] : wanted;
  const now = valueAt(root, path);
  if (now !== undefined && !(now.kind === 'scalar' && now.value === null))
    return all.flatMap(({ name, value }) => setEntry(root, path, name, value));
  return [{ do: 'set', path, value: new Map(all.map(({ name, value }) => [name, value])) }];
}

/** Every label of a router, and those of the service of the same name. */
export function removeRoute(router: string, root: Value, service: Path): Primitive[] {
  const path = [...service, 'labels'];
  const own = labelNames(root, path);
  const prefixes = [`traefik.http.routers.${router}.`, `traefik.http.services.${router}.`];
  const isOwn = (name: string): boolean => prefixes.some((prefix) => name.startsWith(prefix));
  if (!own.some(isOwn)) throw refused(`there is no router ${router} in this service`);
  if (own.every(isOwn)) return lifted(root, path);
  const now = valueAt(root, path);
  if (now?.kind === 'list')
    return own
      .flatMap((name, index): Primitive[] => (isOwn(name) ? [{ do: 'remove', path: [...path, index] }] : []))
      .toReversed();
  return own.filter(isOwn).map((name) => ({ do: 'remove', path: [...path, name] }));
}

function labelNames(root: Value, path: Path): string[] {
  const now = valueAt(root, path);
  return now?.kind === 'list'
    ? itemsOf(now).map((item) => textOf(item)?.split('=')[0] ?? '')
    : entriesOf(now).map(([name]) => name);
}

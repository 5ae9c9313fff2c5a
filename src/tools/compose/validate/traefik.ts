import {
  type Mapping,
  type Place,
  type Value,
  entriesOf,
  textOf,
  valueAt,
  isHidden,
} from '../document/value.ts';
import { namedMap } from '../resolve/short-forms.ts';
import { type Finding, finding } from '../resolve/problem.ts';
import { servicesOf } from '../resolve/project.ts';

/** Routers that are compared with each other. */
const MOST = 2000;

interface Label {
  readonly name: string;
  readonly value: string;
  readonly place: Place;
}

interface Router {
  readonly name: string;
  readonly service: string;
  readonly labels: ReadonlyMap<string, Label>;
  readonly place: Place;
}

/** Routers that Traefik would drop or that take each other's requests, as far as the labels of the project tell. */
export function checkTraefik(root: Mapping): Finding[] {
  const labels = servicesOf(root).flatMap(([service, { value }]) =>
    labelsOf(value).map((label) => ({ ...label, service })),
  );
  const routers = routersOf(labels).slice(0, MOST);
  const middlewares = new Set(
    labels.flatMap(
      ({ name }) => /^traefik\.http\.middlewares\.([^.]+)\./i.exec(name)?.[1]?.toLowerCase() ?? [],
    ),
  );
  return [...ruleClashes(routers), ...routers.flatMap((router) => ofRouter(router, routers, middlewares))];
}

function labelsOf(service: Value): Label[] {
  const labels = valueAt(service, ['labels']);
  return entriesOf(labels === undefined ? undefined : namedMap(labels)).flatMap(([name, { value, place }]) =>
    name.startsWith('traefik.') && !isHidden(value) ? [{ name, value: textOf(value) ?? '', place }] : [],
  );
}

function routersOf(labels: readonly (Label & { service: string })[]): Router[] {
  const found = new Map<
    string,
    { name: string; service: string; labels: Map<string, Label>; place: Place }
  >();
  for (const label of labels) {
    const [, name, key] = /^traefik\.http\.routers\.([^.]+)\.(.+)$/i.exec(label.name) ?? [];
    if (name === undefined || key === undefined) continue;
    const id = `${label.service}\0${name}`;
    const router = found.get(id) ?? {
      name,
      service: label.service,
      labels: new Map<string, Label>(),
      place: label.place,
    };
    router.labels.set(key.toLowerCase(), label);
    found.set(id, router);
  }
  return [...found.values()];
}

const listOf = (router: Router, key: string): string[] =>
  (router.labels.get(key)?.value ?? '')
    .split(',')
    .flatMap((part) => (part.trim() === '' ? [] : [part.trim()]));

function ruleClashes(routers: readonly Router[]): Finding[] {
  const normal = (router: Router): string =>
    (router.labels.get('rule')?.value ?? '').replaceAll(/\s+/g, ' ').trim();
  return routers.flatMap((one, index) =>
    routers.slice(0, index).flatMap((other): Finding[] => {
      if (one.name === other.name)
        return [
          finding(
            'router_twice',
            'error',
            one.place,
            `Router ${one.name} is defined by ${other.service} too: Traefik drops both.`,
          ),
        ];
      const [mine, theirs] = [listOf(one, 'entrypoints'), listOf(other, 'entrypoints')];
      const meets = mine.length === 0 || theirs.length === 0 || mine.some((name) => theirs.includes(name));
      const ranked = one.labels.get('priority')?.value !== other.labels.get('priority')?.value;
      if (normal(one) === '' || normal(one) !== normal(other) || !meets || ranked) return [];
      const { place } = one.labels.get('rule') ?? one;
      return [
        finding(
          'router_clash',
          'error',
          place,
          `Router ${one.name} has the rule and an entrypoint of ${other.name} (${other.service}): which of them answers is chance.`,
        ),
      ];
    }),
  );
}

function ofRouter(router: Router, routers: readonly Router[], middlewares: ReadonlySet<string>): Finding[] {
  const found: Finding[] = [];
  if (!router.labels.has('rule'))
    found.push(
      finding(
        'router_without_rule',
        'warning',
        router.place,
        `Router ${router.name} has no rule of its own: Traefik makes one of the container's name.`,
      ),
    );
  for (const name of listOf(router, 'middlewares')) {
    const [own = '', provider] = name.split('@');
    if ((provider !== undefined && provider !== 'docker') || middlewares.has(own.toLowerCase())) continue;
    const { place } = router.labels.get('middlewares') ?? router;
    found.push(
      finding(
        'unknown_middleware',
        'error',
        place,
        `Router ${router.name} names the middleware ${own}, which no label here defines: Traefik drops the router.`,
      ),
    );
  }
  const resolver = router.labels.get('tls.certresolver');
  if (resolver !== undefined && router.labels.get('tls')?.value === 'false')
    found.push(
      finding(
        'router_without_tls',
        'warning',
        resolver.place,
        `Router ${router.name} has a certificate resolver and no TLS.`,
      ),
    );
  const several = routers.filter(({ service }) => service === router.service).length > 1;
  if (several && router.labels.has('service') && router.labels.get('service')?.value === '')
    found.push(
      finding('router_without_service', 'error', router.place, `Router ${router.name} names no service.`),
    );
  return found;
}

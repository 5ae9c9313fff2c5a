import type { ListedContainer } from '../../../core/engine.ts';
import { type Mapping, entriesOf, valueAt } from '../document/value.ts';
import { routingOf } from '../document/traefik.ts';
import { type Finding, finding } from '../resolve/problem.ts';
import { servicesOf } from '../resolve/project.ts';
import { namedMap } from '../resolve/short-forms.ts';
import { type Router, type Routers, listOf, routersOf, routersOfContainer, valueOf } from './routers.ts';

/** Routers that Traefik would drop or that take each other's requests, as far as the labels of the project tell. */
export function checkTraefik(root: Mapping): Finding[] {
  const all = routersOf(root);
  return [
    ...clashes(all),
    ...all.routers.flatMap((router) => [...ofRouter(router), ...ofNames(router, all)]),
    ...ofSwarm(root),
  ];
}

/** The service that a router leads to; `own` is what Traefik calls the container's where no label says. */
function serviceOf(router: Router, { defined }: Routers, own: string): string {
  const [only, ...more] = defined('services', router.protocol, router.owner);
  return valueOf(router, 'service') || (more.length === 0 ? (only ?? own) : '');
}

const saysSame = (one: Router, other: Router): boolean =>
  one.labels.size === other.labels.size &&
  [...one.labels].every(([key, { value }]) => other.labels.get(key)?.value === value);

/** Routers of a project that those of a container of another take requests from, or are dropped together with. */
export function clashesWith(
  root: Mapping,
  project: string,
  { name, labels, ...other }: Pick<ListedContainer, 'name' | 'labels' | 'project' | 'service'>,
): Finding[] {
  const mine = routersOf(root);
  return mine.routers.flatMap((one): Finding[] => {
    const theirs = routersOfContainer(name, labels, one.place);
    const leadsTo = serviceOf(one, mine, `${one.owner}-${project}`);
    const whose = `container ${name}${other.project === null ? '' : ` of project ${other.project}`}`;
    return theirs.routers.flatMap((two): Finding[] => {
      if (one.protocol !== two.protocol) return [];
      if (one.name !== two.name) return meets(one, two) ? [clash(one, two, whose)] : [];
      const isOne =
        saysSame(one, two) &&
        leadsTo === serviceOf(two, theirs, `${other.service ?? name}-${other.project ?? ''}`);
      if (isOne) return [];
      const why = `Router ${one.name} is defined by ${whose} too, in another way: Traefik drops both. Give it another name.`;
      return [finding('router_taken', 'error', one.place, why)];
    });
  });
}

function clashes(all: Routers): Finding[] {
  const { routers } = all;
  const isSame = (one: Router, other: Router): boolean =>
    serviceOf(one, all, one.owner) === serviceOf(other, all, other.owner) && saysSame(one, other);
  return routers.flatMap((one, index) =>
    routers.slice(0, index).flatMap((other): Finding[] => {
      if (one.protocol !== other.protocol) return [];
      if (one.name !== other.name) return meets(one, other) ? [clash(one, other)] : [];
      // The same router with the same service is one router, with the containers of both behind it.
      if (isSame(one, other)) return [];
      const why = `Router ${one.name} is defined by ${other.owner} too, in another way: Traefik drops both.`;
      return [finding('router_twice', 'error', one.place, why)];
    }),
  );
}

function clash(one: Router, other: Router, whose = other.owner): Finding {
  const { place } = one.labels.get('rule') ?? one;
  const what = one.protocol === 'udp' ? 'an entrypoint' : 'the rule and an entrypoint';
  const why = `Router ${one.name} has ${what} of ${other.name} (${whose}): which of them answers is chance.`;
  return finding('router_clash', 'error', place, why);
}

/** Whether two routers get the same requests, and none of them comes first. */
function meets(one: Router, other: Router): boolean {
  const [mine, theirs] = [listOf(one, 'entrypoints'), listOf(other, 'entrypoints')];
  if (mine.length > 0 && theirs.length > 0 && !mine.some((name) => theirs.includes(name))) return false;
  if (one.protocol === 'udp') return mine.length > 0 && theirs.length > 0;
  const [rule, otherRule] = [one, other].map(normalRule);
  return (
    rule !== '' && rule === otherRule && hasTls(one) === hasTls(other) && priority(one) === priority(other)
  );
}

/** 0 is the rule's own length, as if it were not there. */
const priority = (router: Router): string => valueOf(router, 'priority').replace(/^0+$/, '');

/** Requests with TLS and without never meet on one entrypoint. */
const hasTls = (router: Router): boolean =>
  valueOf(router, 'tls') !== 'false' && [...router.labels.keys()].some((key) => /^tls(\.|$)/.test(key));

/** Hosts know no large letters, the order of alternatives is nothing, and each quote is as good as another. */
const normalRule = (router: Router): string =>
  valueOf(router, 'rule')
    .replaceAll(/"([^"`]*)"/g, '`$1`')
    .replaceAll(/Host(SNI)?\s*\([^)]*\)/g, (host) => host.toLowerCase())
    .split('||')
    .map((part) => part.replaceAll(/\s+/g, ''))
    .toSorted()
    .join('||');

function ofRouter(router: Router): Finding[] {
  const { protocol, name, labels, place } = router;
  const found: Finding[] = [];
  const add = (code: string, severity: Finding['severity'], why: string, key = ''): void => {
    found.push(finding(code, severity, labels.get(key)?.place ?? place, `Router ${name} ${why}`));
  };
  if (protocol === 'http' && !labels.has('rule'))
    add(
      'router_without_rule',
      'warning',
      "has no rule of its own: Traefik makes one of the container's name.",
    );
  if (protocol === 'tcp' && !labels.has('rule'))
    add(
      'router_without_rule',
      'error',
      'has no rule: Traefik drops it. HostSNI(`*`) takes every connection.',
    );
  const isForHosts = protocol === 'tcp' && /HostSNI\s*\(\s*[`"](?!\*[`"])/.test(valueOf(router, 'rule'));
  if (isForHosts && !hasTls(router))
    add('router_without_tls', 'error', 'tells hosts apart, which a connection names only with TLS.', 'rule');
  if (labels.has('tls.certresolver') && valueOf(router, 'tls') === 'false')
    add('router_without_tls', 'warning', 'has a certificate resolver and no TLS.', 'tls.certresolver');
  if (labels.has('service') && valueOf(router, 'service') === '')
    add('router_without_service', 'error', 'names no service.', 'service');
  return found;
}

/** Services and middlewares that a router names, or would have to. */
function ofNames(router: Router, { defined }: Routers): Finding[] {
  const { protocol, name, owner, labels, place } = router;
  const found: Finding[] = [];
  const middlewares = defined('middlewares', protocol);
  for (const one of listOf(router, 'middlewares')) {
    if (!isOwn(one, middlewares)) continue;
    const why = `Router ${name} names the middleware ${bare(one)}, which no label here defines: Traefik drops the router.`;
    found.push(finding('unknown_middleware', 'error', labels.get('middlewares')?.place ?? place, why));
  }
  const service = labels.get('service');
  const own = [...defined('services', protocol, owner)];
  if (service === undefined && own.length > 1)
    found.push(
      finding(
        'router_without_service',
        'error',
        place,
        `Router ${name} says by no label which of ${own.join(', ')} it leads to: Traefik drops it.`,
        [
          {
            op: 'set_label',
            service: owner,
            name: `traefik.${protocol}.routers.${name}.service`,
            value: own[0] ?? '',
          },
        ],
      ),
    );
  if (service !== undefined && service.value !== '' && isOwn(service.value, defined('services', protocol)))
    found.push(
      finding(
        'unknown_route_service',
        'warning',
        service.place,
        `Router ${name} leads to the service ${bare(service.value)}, which no label here defines.`,
      ),
    );
  return found;
}

const bare = (name: string): string => name.split('@')[0] ?? '';

/** Whether a name is one that labels would define and none does; other providers have names of their own. */
const isOwn = (name: string, known: ReadonlySet<string>): boolean =>
  /^[^@]+(@docker)?$/.test(name) && !known.has(bare(name).toLowerCase());

function ofSwarm(root: Mapping): Finding[] {
  return servicesOf(root).flatMap(([service, { value }]) => {
    const labels = valueAt(value, ['deploy', 'labels']);
    const found = entriesOf(labels === undefined ? undefined : namedMap(labels)).find(
      ([name]) => routingOf(name) !== null,
    );
    if (found === undefined) return [];
    const why = `${service} has routers under deploy.labels, which Traefik reads of a swarm alone: containers do not get them, and they are not checked here.`;
    return [finding('swarm_labels', 'warning', found[1].place, why)];
  });
}

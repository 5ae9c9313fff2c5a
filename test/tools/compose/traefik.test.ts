import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { changed, openDraft } from '../../../src/tools/compose/edit/apply.ts';
import { compile } from '../../../src/tools/compose/operations/compile.ts';
import { operationSchema } from '../../../src/tools/compose/operations/schema.ts';
import { composeApp, findings } from './files.ts';

const t = await composeApp();

type Labels = Record<string, string>;

/** The labels after an operation, from a list and from a mapping alike. */
function labelsAfter(labels: Labels, op: object): Labels | undefined {
  const pairs = Object.entries(labels);
  const list = pairs.map(([name, value]) => `      - '${name}=${value}'\n`).join('');
  const map = pairs.map(([name, value]) => `      ${name}: '${value}'\n`).join('');
  const [fromList, fromMap] = [list, map].map((written) => {
    const text = `services:\n  web:\n    image: i\n${written === '' ? '' : `    labels:\n${written}`}`;
    const draft = openDraft(text, 'c.yml', undefined);
    const operation = operationSchema.parse({ service: 'web', ...op });
    let now = draft;
    for (const one of compile(operation, draft.tree)) now = changed(now, one);
    return (parse(now.source.text) as { services: { web: { labels?: string[] | Labels } } }).services.web.labels;
  });
  if (Array.isArray(fromList))
    expect(Object.fromEntries(fromList.map((one) => [one.slice(0, one.indexOf('=')), one.slice(one.indexOf('=') + 1)]))).toEqual(fromMap);
  return fromMap as Labels | undefined;
} // prettier-ignore

const router = (name: string, more: Labels = {}, protocol = 'http'): Labels =>
  Object.fromEntries(
    Object.entries({ rule: `Host(\`${name}\`)`, ...more }).map(([key, value]) => [
      `traefik.${protocol}.routers.${name}.${key}`,
      value,
    ]),
  );
const port = (name: string, value: string, protocol = 'http'): Labels => ({
  [`traefik.${protocol}.services.${name}.loadbalancer.server.port`]: value,
});
const enable = { 'traefik.enable': 'true' };
const set = (more: object): object => ({ op: 'set_route', ...more });
const remove = (name: string): object => ({ op: 'remove_route', name });

test('a second route with a port of its own says, as the first then must, which service is its own', () => {
  const one = { ...enable, ...router('a'), ...port('a', '80') };
  expect(labelsAfter(one, set({ router: 'b', rule: 'Host(`b`)', port: 90 }))).toEqual({
    ...one,
    ...router('b', { service: 'b' }),
    ...port('b', '90'),
    'traefik.http.routers.a.service': 'a',
  });
  // Without a port it leads to the service that there is.
  expect(labelsAfter(one, set({ router: 'b', rule: 'Host(`b`)' }))).toEqual({ ...one, ...router('b') });
});

test('the port of a route is that of the service that it names', () => {
  const two = { ...router('a', { service: 'x' }), ...port('x', '80'), ...router('b', { service: 'y' }), ...port('y', '81') };
  expect(labelsAfter(two, set({ router: 'b', port: 99 }))).toEqual({ ...two, ...port('y', '99') });
  const only = { ...router('a'), ...port('x', '80') };
  expect(labelsAfter(only, set({ router: 'a', port: 99 }))).toEqual({ ...only, ...port('x', '99') });
}); // prettier-ignore

test('a route goes with its service, unless another route leads there', () => {
  const a = { ...router('a', { service: 'x' }), ...port('x', '80') };
  const b = { ...router('b', { service: 'y' }), ...port('y', '81') };
  expect(labelsAfter({ ...enable, ...a, ...b, k: 'v' }, remove('a'))).toEqual({ ...enable, ...b, k: 'v' });
  const shared = { ...enable, ...a, ...router('c', { service: 'x' }) };
  expect(labelsAfter(shared, remove('a'))).toEqual({
    ...enable,
    ...port('x', '80'),
    ...router('c', { service: 'x' }),
  });
  const unsaid = { ...enable, ...router('a'), ...router('c'), ...port('a', '80') };
  expect(labelsAfter(unsaid, remove('c'))).toEqual({ ...enable, ...router('a'), ...port('a', '80') });
  expect(labelsAfter(unsaid, remove('a'))).toEqual({ ...enable, ...router('c'), ...port('a', '80') });
});

test('with the last route nothing is left by which Traefik would make one of its own', () => {
  expect(labelsAfter({ ...enable, ...router('a'), ...port('a', '80') }, remove('a'))).toBeUndefined();
  expect(labelsAfter({ k: 'v', ...enable, ...router('a') }, remove('a'))).toEqual({ k: 'v' });
  const off = { 'traefik.enable': 'false', ...router('a') };
  expect(labelsAfter(off, remove('a'))).toEqual({ 'traefik.enable': 'false' });
});

test('TCP and UDP routers', () => {
  const rule = 'HostSNI(`*`)';
  const tcp = labelsAfter({}, set({ router: 'db', protocol: 'tcp', rule, entrypoints: ['pg'], port: 5432 }));
  expect(tcp).toEqual({ ...enable, ...router('db', { rule, entrypoints: 'pg' }, 'tcp'), ...port('db', '5432', 'tcp') });
  const udp = labelsAfter({}, set({ router: 'dns', protocol: 'udp', entrypoints: ['dns'], port: 53 }));
  expect(udp).toEqual({ ...enable, 'traefik.udp.routers.dns.entrypoints': 'dns', ...port('dns', '53', 'udp') });
  // One that is there is known by its name, whatever its protocol.
  expect(labelsAfter(tcp ?? {}, set({ router: 'db', port: 1 }))).toEqual({ ...tcp, ...port('db', '1', 'tcp') });
  expect(labelsAfter(tcp ?? {}, remove('db'))).toBeUndefined();
  const both = { ...enable, ...router('x'), ...router('x', { rule }, 'tcp') };
  expect(labelsAfter(both, remove('tcp/x'))).toEqual({ ...enable, ...router('x') });
  expect(() => labelsAfter(both, remove('x'))).toThrow(/http and tcp both/);
  expect(() => labelsAfter({}, set({ router: 'x', protocol: 'udp', rule }))).toThrow(/UDP router/);
  expect(() => labelsAfter({}, set({ router: 'x', protocol: 'tcp', port: 1 }))).toThrow(/needs a rule/);
}); // prettier-ignore

test('a label that is there keeps its spelling', () => {
  const odd = { 'Traefik.HTTP.Routers.a.Rule': 'Host(`x`)' };
  expect(labelsAfter(odd, set({ router: 'a', rule: 'Host(`y`)' }))).toEqual({
    'Traefik.HTTP.Routers.a.Rule': 'Host(`y`)',
  });
});

test('routers of a swarm are not edited in its place', () => {
  const text = 'services:\n  web:\n    image: i\n    deploy: {labels: [traefik.http.routers.a.rule=x]}\n';
  const { tree } = openDraft(text, 'c.yml', undefined);
  for (const op of [set({ router: 'a', rule: 'y' }), remove('a')])
    expect(() => compile(operationSchema.parse({ service: 'web', ...op }), tree)).toThrow(/only Swarm reads/);
});

const CODES = /^(router_|unknown_middleware|unknown_route_service|swarm_labels)/;

async function codes(...services: Labels[]): Promise<string[]> {
  const bodies = services.map((labels, at) => `  s${at}: {image: i, labels: ${JSON.stringify(labels)}}\n`);
  // Each in a file of its own, so that routers meet across files.
  const files = Object.fromEntries(bodies.map((body, at) => [`${at}.yml`, `services:\n${body}`]));
  return (await findings(t, files)).flatMap(({ code }) => (CODES.test(code) ? [code] : []));
}

const web = { entrypoints: 'web' };
const RULES: readonly (readonly [what: string, services: Labels[], codes: readonly string[]])[] = [
  ['the same rule, written otherwise', [router('a', { rule: 'Host(`A.org`) || Host(`b.org`)' }), router('b', { rule: 'Host("b.org")||Host("a.org")' })], ['router_clash']],
  ['one of them comes first', [router('a'), router('b', { rule: 'Host(`a`)', priority: '5' })], []],
  ['no priority at all', [router('a'), router('b', { rule: 'Host(`a`)', priority: '0' })], ['router_clash']],
  ['with TLS and without', [router('a', { tls: 'true' }), router('b', { rule: 'Host(`a`)' })], []],
  ['on entrypoints of their own', [router('a', web), router('b', { rule: 'Host(`a`)', entrypoints: 'other' })], []],
  ['of two protocols', [router('a'), router('b', { rule: 'Host(`a`)' }, 'tcp')], []],
  ['a router in two ways', [router('a'), router('a', web)], ['router_twice']],
  ['a router and its service twice', [{ ...router('a'), ...port('a', '1') }, { ...router('a'), ...port('a', '1') }], []],
  ['the same router, leading elsewhere', [router('a'), router('a')], ['router_twice']],
  ['a service that Traefik leaves alone', [router('a'), { 'traefik.enable': 'false', ...router('b', { rule: 'Host(`a`)' }) }], []],
  ['two services and no word of which', [{ ...router('a'), ...port('x', '1'), ...port('y', '2') }], ['router_without_service']],
  ['two services, said', [{ ...router('a', { service: 'x' }), ...port('x', '1'), ...port('y', '2') }], []],
  ['a service of another container', [router('a', { service: 'x' }), { ...port('x', '1') }], []],
  ['a service that nobody has', [router('a', { service: 'x@docker' })], ['unknown_route_service']],
  ['a service of another provider', [router('a', { service: 'api@internal' })], []],
  ['TCP without a rule', [{ 'traefik.tcp.routers.a.entrypoints': 'e' }], ['router_without_rule']],
  ['TCP by hosts without TLS', [router('a', { rule: 'HostSNI(`a`)' }, 'tcp')], ['router_without_tls']],
  ['TCP of all hosts', [router('a', { rule: 'HostSNI(`*`)' }, 'tcp')], []],
  ['TCP with TLS passed on', [router('a', { rule: 'HostSNI(`a`)', 'tls.passthrough': 'true' }, 'tcp')], []],
  ['UDP on one entrypoint', [{ 'traefik.udp.routers.a.entrypoints': 'e' }, { 'traefik.udp.routers.b.entrypoints': 'e' }], ['router_clash']],
  ['a middleware of another protocol', [{ ...router('a', { middlewares: 'm' }), 'traefik.tcp.middlewares.m.inflightconn.amount': '1' }], ['unknown_middleware']],
]; // prettier-ignore

test.each(RULES)('%s', async (_, services, expected) => {
  expect(await codes(...services)).toEqual(expected);
});

test('labels of a swarm are told apart, and a missing service is mended by what is proposed', async () => {
  const swarm = 'services: {a: {image: i, deploy: {labels: {traefik.http.routers.a.rule: x}}}}\n';
  expect((await findings(t, { 'a.yml': swarm })).map(({ code }) => code)).toContain('swarm_labels');
  const labels = { ...router('a'), ...port('x', '1'), ...port('y', '2') };
  const found = await findings(t, {
    'a.yml': `services: {a: {image: i, labels: ${JSON.stringify(labels)}}}\n`,
  });
  const [mend = {}] = found.find(({ code }) => code === 'router_without_service')?.operations ?? [];
  expect(await codes(labelsAfter(labels, { ...mend, service: 'web' }) ?? {})).toEqual([]);
});

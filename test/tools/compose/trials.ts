import type { Operation } from '../../../src/tools/compose/operations/schema.ts';
import { operationSchema } from '../../../src/tools/compose/operations/schema.ts';

export type Json = Record<string, unknown>;
export type Path = readonly (string | number)[];

/** One operation, what it must do to the file's value, and the nodes that it may touch: worked out on plain objects. */
export interface Trial {
  readonly operation: Operation;
  readonly expected: (root: Json) => void;
  readonly touches: readonly Path[];
}

const isMap = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export const at = (root: unknown, path: Path): unknown =>
  path.reduce<unknown>(
    (now, key) => (Array.isArray(now) ? now[Number(key)] : isMap(now) ? now[String(key)] : undefined),
    root,
  );

/** Sets a path, with the mappings around it. */
export function put(root: Json, path: Path, value: unknown): void {
  const [key = '', ...rest] = path;
  const now = at(root, [key]);
  if (rest.length === 0) root[String(key)] = value;
  else if (Array.isArray(now)) now[Number(rest[0])] = value;
  else {
    const inner = isMap(now) ? now : {};
    root[String(key)] = inner;
    put(inner, rest, value);
  }
}

/** The path with those collections around it that would be empty without it, but for services and their section. */
export function lifted(root: Json, path: Path): Path {
  const parent = at(root, path.slice(0, -1));
  const count = Array.isArray(parent) ? parent.length : isMap(parent) ? Object.keys(parent).length : 0;
  const keeps = path[0] === 'services' ? 2 : 0;
  return count === 1 && path.length - 1 > keeps ? lifted(root, path.slice(0, -1)) : path;
}

function drop(root: Json, path: Path): void {
  const parent = at(root, path.slice(0, -1));
  const key = path.at(-1);
  if (Array.isArray(parent)) parent.splice(Number(key), 1);
  else if (isMap(parent)) Reflect.deleteProperty(parent, String(key));
}

/** Of a removed node: itself, or what holds it where it is the only one there, which then is written as empty. */
function touchedBy(root: Json, path: Path): Path {
  const parent = at(root, path.slice(0, -1));
  return isMap(parent) && Object.keys(parent).length === 1 ? path.slice(0, -1) : path;
}

const listOf = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);
const TRICKY = [
  'yes',
  '22:22',
  '0644',
  'a: b # c',
  'it\'s "q"',
  'x\n    privileged: true',
  '- &a *b',
  '木',
  '1e3',
];

/** Every operation that fits a service as it stands; the seed chooses what text is set. */
export function trialsFor(service: string, root: Json, seed: number): Trial[] {
  const own: Path = ['services', service];
  // By files, not by how these are encoded.
  const isShort = (seed >> 2) % 2 === 0;
  const one = at(root, own) as Json;
  const trials: Trial[] = [];
  const add = (operation: object, touches: readonly Path[], expected: Trial['expected']): void => {
    trials.push({ operation: operationSchema.parse(operation), touches, expected });
  };
  const sets = (operation: object, path: Path, value: unknown): void =>
    add(operation, [path], (now) => put(now, path, structuredClone(value)));
  const removes = (operation: object, path: Path): void =>
    add(operation, [touchedBy(root, path)], (now) => drop(now, path));

  /** Where a name stands in a list of NAME=VALUE or in a mapping, or would. */
  const entry = (key: string, name: string, now: unknown = one[key]): Path => {
    if (!Array.isArray(now) || now.length === 0) return [...own, key, name];
    const index = now.findIndex((item) => String(item).split('=')[0] === name);
    return [...own, key, index < 0 ? now.length : index];
  };
  const setsEntry = (operation: object, key: string, pairs: readonly (readonly [string, string])[]): void => {
    const isList = listOf(one[key]).length > 0;
    const touches = pairs.map(([name]) => entry(key, name));
    add(operation, touches, (now) => {
      for (const [name, value] of pairs)
        put(now, entry(key, name, at(now, [...own, key])), isList ? `${name}=${value}` : value);
    });
  };
  const appends = (operation: object, key: string, value: unknown): void =>
    add(operation, [[...own, key, listOf(one[key]).length]], (now) =>
      put(now, [...own, key], [...listOf(at(now, [...own, key])), value]),
    );

  sets({ op: 'set_image', service, image: 'busybox:1.36' }, [...own, 'image'], 'busybox:1.36');
  const tricky = TRICKY[seed % TRICKY.length] ?? '';
  setsEntry({ op: 'set_env', service, name: 'NEW', value: tricky }, 'environment', [['NEW', tricky]]);
  setsEntry({ op: 'set_env', service, name: 'TZ', value: 'UTC' }, 'environment', [['TZ', 'UTC']]);
  setsEntry({ op: 'set_label', service, name: 'on', value: 'no' }, 'labels', [['on', 'no']]);
  const port = isShort ? '22:22' : { target: 80, published: '81' };
  appends({ op: 'add_port', service, value: port }, 'ports', port);
  appends({ op: 'add_volume', service, value: './x:/x:ro' }, 'volumes', './x:/x:ro');
  sets({ op: 'set_field', service, name: 'restart', value: 'no' }, [...own, 'restart'], 'no');
  sets(
    { op: 'set_field', service, name: 'command', value: ['a', '--b', 'c d'] },
    [...own, 'command'],
    ['a', '--b', 'c d'],
  );
  const check = { test: ['CMD', 'x'], retries: 3 };
  sets({ op: 'set_healthcheck', service, definition: check }, [...own, 'healthcheck'], check);
  const limits = [...own, 'deploy', 'resources', 'limits'];
  add(
    { op: 'set_limits', service, memory: '32M', cpus: '0.50' },
    [
      [...limits, 'memory'],
      [...limits, 'cpus'],
    ],
    (now) => {
      put(now, [...limits, 'memory'], '32M');
      put(now, [...limits, 'cpus'], '0.50');
    },
  );
  keyed('add_network', 'networks', 'net', { aliases: ['x'] }, null, { aliases: ['x'] });
  keyed(
    'set_depends_on',
    'depends_on',
    'other',
    'service_healthy',
    { condition: 'service_started' },
    { condition: 'service_healthy' },
  );
  routes();
  sets({ op: 'define', section: 'volumes', name: 'fresh' }, ['volumes', 'fresh'], null);
  sets({ op: 'define', section: 'secrets', name: 's', definition: { file: './s' } }, ['secrets', 's'], {
    file: './s',
  });
  const definition = { image: 'a', ports: ['1:1'], environment: { A: 'on' } };
  sets({ op: 'add_service', service: 'added', definition }, ['services', 'added'], definition);

  for (const [op, key] of [
    ['remove_env', 'environment'],
    ['remove_label', 'labels'],
  ] as const) {
    const names = Array.isArray(one[key])
      ? one[key].map((item) => String(item).split('=')[0] ?? '')
      : Object.keys(one[key] ?? {});
    // Of a key such as `on` readers of YAML 1.1 make another.
    const name = names.find((each) => !/^(on|off|yes|no|y|n)$/i.test(each));
    if (name !== undefined) removes({ op, service, name }, lifted(root, entry(key, name)));
  }
  const target = (item: unknown): string => (isMap(item) ? String(item['target']) : String(item));
  for (const [op, key] of [
    ['remove_port', 'ports'],
    ['remove_volume', 'volumes'],
  ] as const) {
    const last = listOf(one[key]).length - 1;
    if (last >= 0)
      removes({ op, service, name: target(listOf(one[key])[last]) }, lifted(root, [...own, key, last]));
  }
  for (const [op, key] of [
    ['remove_network', 'networks'],
    ['remove_depends_on', 'depends_on'],
  ] as const) {
    const now = one[key];
    const name = Array.isArray(now) ? now.at(-1) : Object.keys(now ?? {})[0];
    const path = [...own, key, Array.isArray(now) ? now.length - 1 : String(name)];
    if (name !== undefined) removes({ op, service, name }, lifted(root, path));
  }
  if ('healthcheck' in one) removes({ op: 'remove_healthcheck', service }, [...own, 'healthcheck']);
  if (at(root, limits) !== undefined) removes({ op: 'remove_limits', service }, lifted(root, limits));
  for (const section of ['volumes', 'networks', 'secrets', 'configs'] as const) {
    const name = Object.keys(root[section] ?? {}).at(-1);
    if (name !== undefined) removes({ op: 'undefine', section, name }, lifted(root, [section, name]));
  }
  removes({ op: 'remove_field', service, name: 'image' }, [...own, 'image']);
  removes({ op: 'remove_service', service }, own);
  return trials.filter(({ operation }) => operation.op !== 'remove_field' || 'image' in one);

  /** A name in a list, or with what it means as the key of a mapping. */
  function keyed(op: string, key: string, name: string, more: unknown, plain: unknown, whole: unknown): void {
    const now = one[key];
    const path = [...own, key];
    const extra = op === 'add_network' ? { options: more } : { condition: more };
    if (isMap(now) && isShort) sets({ op, service, name }, [...path, name], plain);
    else if (isShort) appends({ op, service, name }, key, name);
    else if (isMap(now)) sets({ op, service, name, ...extra }, [...path, name], whole);
    else
      sets(
        { op, service, name, ...extra },
        path,
        Object.fromEntries([...listOf(now).map((other) => [other, plain]), [name, whole]]),
      );
  }

  function routes(): void {
    const rule = 'Host(`new.example`)';
    const pairs: [string, string][] = [
      ['traefik.enable', 'true'],
      ['traefik.http.routers.new.rule', rule],
      ['traefik.http.routers.new.entrypoints', 'web,websecure'],
      ['traefik.http.services.new.loadbalancer.server.port', '8080'],
    ];
    setsEntry(
      { op: 'set_route', service, router: 'new', rule, entrypoints: ['web', 'websecure'], port: 8080 },
      'labels',
      pairs,
    );
    const now = Array.isArray(one['labels'])
      ? one['labels'].map((item) => String(item).split('=')[0] ?? '')
      : Object.keys(one['labels'] ?? {});
    const router = now.flatMap((name) => /^traefik\.http\.routers\.([^.]+)\./.exec(name)?.[1] ?? [])[0];
    if (router === undefined) return;
    // The generated services have one route each: with it all that Traefik reads goes.
    const gone = now.filter((name) => name.startsWith('traefik.'));
    const isAll = gone.length === now.length;
    const paths = isAll ? [lifted(root, [...own, 'labels'])] : gone.map((name) => entry('labels', name));
    add({ op: 'remove_route', service, name: router }, paths, (after) => {
      if (isAll) drop(after, [...own, 'labels']);
      else for (const name of gone) drop(after, entry('labels', name, at(after, [...own, 'labels'])));
    });
  }
}

import {
  type Entry,
  type Mapping,
  type Path,
  type Value,
  entriesOf,
  itemsOf,
  manyOf,
  textOf,
} from '../document/value.ts';

/** How a value is merged where the general rules do not hold. */
export type Rule =
  'named' | 'dependencies' | 'keyed' | 'sequence' | 'hosts' | 'replaced' | 'build' | 'logging';

const rulesOf = (rule: Rule, shapes: readonly string[]): [string, Rule][] =>
  shapes.map((shape) => [shape, rule]);

/** By where it stands, names that users choose as `*`: those that Compose merges in a way of their own. */
const RULES = new Map<string, Rule>([
  ...rulesOf('named', [
    ...['environment', 'labels', 'annotations', 'sysctls', 'deploy.labels'].map((key) => `services.*.${key}`),
    ...['args', 'labels', 'additional_contexts'].map((key) => `services.*.build.${key}`),
    ...['networks', 'volumes', 'secrets', 'configs'].map((section) => `${section}.*.labels`),
  ]),
  ...rulesOf('dependencies', ['services.*.depends_on']),
  ...rulesOf('keyed', ['services.*.networks', 'services.*.models']),
  ...rulesOf('hosts', ['services.*.extra_hosts', 'services.*.build.extra_hosts']),
  ...rulesOf(
    'sequence',
    ['dns', 'dns_opt', 'dns_search', 'env_file', 'label_file', 'tmpfs'].map((key) => `services.*.${key}`),
  ),
  ...rulesOf(
    'replaced',
    ['command', 'entrypoint', 'healthcheck.test', 'ulimits.*'].map((key) => `services.*.${key}`),
  ),
  ...rulesOf('build', ['services.*.build']),
  ...rulesOf('logging', ['services.*.logging']),
]);

/** A path with the names that users choose as `*`. */
export function shapeOf(path: Path): string {
  const chosen = path[0] === 'services' && ['networks', 'ulimits'].includes(String(path[2]));
  return path.map((part, index) => (index === 1 || (index === 3 && chosen) ? '*' : String(part))).join('.');
}

export const ruleAt = (path: Path): Rule | undefined => RULES.get(shapeOf(path));

/** A value in the one form in which it is merged with others of its kind. */
export function longForm(value: Value, rule: Rule | undefined): Value {
  switch (rule) {
    case 'named':
      return namedMap(value);
    case 'keyed':
      return keyedMap(value);
    case 'dependencies':
      return keyedMap(value, started);
    case 'sequence':
      return value.kind === 'scalar' ? listed(value, [value]) : value;
    case 'hosts':
      return listed(value, hostsOf(value));
    case 'build':
      return value.kind === 'scalar' ? mapped(value, [['context', value]]) : value;
    default:
      return value;
  }
}

/** What Compose reads as a mapping, as one: a list of `NAME=VALUE`, or of names that are keys. */
export function asMapping(value: Value, path: Path): Value {
  const rule = ruleAt(path);
  return rule === 'named'
    ? namedMap(value)
    : rule === 'keyed' || rule === 'dependencies'
      ? keyedMap(value)
      : value;
}

/** A list of `NAME=VALUE` as the mapping that it stands for. */
export function namedMap(value: Value): Value {
  if (value.kind !== 'list') return value;
  return mapped(
    value,
    value.items.flatMap((item): [string, Value][] => {
      if (item.kind !== 'scalar') return [];
      const [name, ...rest] = String(item.value ?? '').split('=');
      return [[name ?? '', { ...item, value: rest.length === 0 ? null : rest.join('=') }]];
    }),
  );
}

/** A list of names as a mapping with these keys. */
export function keyedMap(value: Value, inner: (item: Value) => Value = nothing): Value {
  if (value.kind !== 'list') return value;
  return mapped(
    value,
    value.items.flatMap((item): [string, Value][] =>
      item.kind === 'scalar' ? [[textOf(item) ?? '', inner(item)]] : [],
    ),
  );
}

const nothing = (item: Value): Value => ({ ...item, value: null }) as Value;

/** What a name alone means in `depends_on`: it replaces any condition that stands below. */
const started = ({ place }: Value): Value => {
  const scalar = { kind: 'scalar', source: '', quoted: false, tag: null, place } as const;
  return mapped({ ...scalar, value: null }, [
    ['condition', { ...scalar, value: 'service_started' }],
    ['required', { ...scalar, value: true }],
  ]);
};

/** Each address of each host as `HOST:ADDRESS`: a host may have several. */
const hostsOf = (value: Value): Value[] =>
  value.kind === 'list'
    ? [...itemsOf(value)]
    : entriesOf(value).flatMap(([host, { value: addresses }]) =>
        manyOf(addresses).flatMap((one): Value[] =>
          one.kind === 'scalar' ? [{ ...one, value: `${host}:${String(one.value ?? '')}` }] : [],
        ),
      );

const listed = ({ tag, place }: Value, items: readonly Value[]): Value => ({
  kind: 'list',
  items,
  tag,
  place,
});

function mapped({ tag, place }: Value, entries: readonly (readonly [string, Value])[]): Mapping {
  return {
    kind: 'map',
    entries: new Map(
      entries.map(([key, value]): [string, Entry] => [key, { value, place: value.place, merged: null }]),
    ),
    tag,
    place,
  };
}

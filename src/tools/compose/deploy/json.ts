import { type Path, type Value, entriesOf } from '../document/value.ts';

/** Where the Compose specification wants names with texts, below a service and below a section. */
const NAMED = new RegExp(
  [
    String.raw`^services/[^/]+/(labels|annotations|sysctls|storage_opt|extra_hosts|logging/options|deploy/labels`,
    String.raw`|networks/[^/]+/driver_opts|volumes/\d+/volume/labels`,
    String.raw`|(gpus|deploy/resources/reservations/devices)/\d+/options)$`,
    String.raw`|^(networks|volumes|secrets|configs)/[^/]+/(labels|driver_opts`,
    String.raw`|ipam/(options|config/\d+/aux_addresses))$`,
  ].join(''),
);

/**
 * What stands at a path, as Compose 2 takes it: where names have texts a number or truth value is one as well, which
 * version 1 writes in Python's way (`True`).
 */
export function jsonOf(value: Value, path: Path): unknown {
  if (value.kind === 'list') return value.items.map((item, at) => jsonOf(item, [...path, at]));
  if (value.kind === 'map') {
    const isNamed = NAMED.test(path.join('/'));
    return Object.fromEntries(
      entriesOf(value).map(([key, { value: one }]) => [
        key,
        isNamed ? textsIn(one) : jsonOf(one, [...path, key]),
      ]),
    );
  }
  return typeof value.value === 'bigint' ? value.value.toString() : value.value;
}

/** Of a host there may be several. */
const textsIn = (value: Value): unknown =>
  value.kind === 'scalar' ? String(value.value ?? '') : value.kind === 'list' ? value.items.map(textsIn) : {};

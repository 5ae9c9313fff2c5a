import {
  type Path,
  type Plain,
  type Value,
  entriesOf,
  itemsOf,
  plainFrom,
  shownAs,
  valueAt,
} from '../document/value.ts';
import { type Primitive, refused, settings } from '../edit/primitive.ts';
import {
  removeEntry,
  removeListed,
  removePort,
  removeTarget,
  setDependency,
  setEntry,
  setNetwork,
} from './collections.ts';
import { lifted } from './lifted.ts';
import type { Operation } from './schema.ts';
import { removeRoute, routeSettings } from './traefik.ts';

type Of<T extends string> = Extract<Operation, { op: T }>;

/** What an operation comes down to in a file as it stands; throws `edit_refused` where it does not fit. */
export function compile(operation: Operation, root: Value): Primitive[] {
  switch (operation.op) {
    case 'add_service':
      return addService(operation, root);
    case 'remove_service':
      return removeService(operation.service, root);
    case 'define':
      return settings(root, [operation.section, operation.name], plainFrom(operation.definition ?? null));
    case 'undefine':
      return lifted(root, [operation.section, operation.name]);
    default:
      return ofService(operation, serviceOf(root, operation.service), root);
  }
}

type ServiceOperation = Exclude<Operation, { op: 'add_service' | 'remove_service' | 'define' | 'undefine' }>;

function ofService(operation: ServiceOperation, path: Path, root: Value): Primitive[] {
  switch (operation.op) {
    case 'set_image':
      return settings(root, [...path, 'image'], operation.image);
    case 'set_env':
      return setEntry(root, [...path, 'environment'], operation.name, operation.value);
    case 'set_label':
      return setEntry(root, [...path, 'labels'], operation.name, operation.value);
    case 'remove_env':
      return removeEntry(root, [...path, 'environment'], operation.name);
    case 'remove_label':
      return removeEntry(root, [...path, 'labels'], operation.name);
    case 'add_port':
      return addItem(root, [...path, 'ports'], plainFrom(operation.value));
    case 'add_volume':
      return addItem(root, [...path, 'volumes'], plainFrom(operation.value));
    case 'remove_port':
      return removePort(root, [...path, 'ports'], operation.name);
    case 'remove_volume':
      return removeTarget(root, [...path, 'volumes'], operation.name);
    case 'add_network':
      return setNetwork(root, [...path, 'networks'], operation.name, operation.options);
    case 'remove_network':
      return removeListed(root, [...path, 'networks'], operation.name);
    case 'set_depends_on':
      return setDependency(root, [...path, 'depends_on'], operation.name, operation.condition);
    case 'remove_depends_on':
      return removeListed(root, [...path, 'depends_on'], operation.name);
    case 'set_healthcheck':
      return settings(root, [...path, 'healthcheck'], plainFrom(operation.definition));
    case 'remove_healthcheck':
      return [{ do: 'remove', path: [...path, 'healthcheck'] }];
    case 'set_limits':
      return setLimits(operation, root, path);
    case 'remove_limits':
      return lifted(root, [...path, 'deploy', 'resources', 'limits']);
    case 'set_route':
      return routeSettings(operation, root, path);
    case 'remove_route':
      return removeRoute(operation.name, root, path);
    case 'set_field':
      return settings(root, [...path, operation.name], plainFrom(operation.value));
    case 'remove_field':
      return [{ do: 'remove', path: [...path, operation.name] }];
    default:
      throw refused(`${operation.op} is no operation on a service`);
  }
}

function serviceOf(root: Value, name: string): Path {
  const path = ['services', name];
  const found = valueAt(root, path);
  if (found === undefined) {
    const names = entriesOf(valueAt(root, ['services'])).map(([one]) => one);
    throw refused(`there is no service ${name}; there are: ${names.slice(0, 30).join(', ') || 'none'}`);
  }
  return path;
}

function addService({ service, definition }: Of<'add_service'>, root: Value): Primitive[] {
  if (valueAt(root, ['services', service]) !== undefined)
    throw refused(`there is a service ${service} already`);
  if (!/^[A-Za-z0-9._-]+$/.test(service))
    throw refused(`${service} is no name of a service: letters, digits, . _ -`);
  return [{ do: 'set', path: ['services', service], value: plainFrom(definition) }];
}

function removeService(service: string, root: Value): Primitive[] {
  const path = serviceOf(root, service);
  const users = entriesOf(valueAt(root, ['services'])).filter(
    ([name, { value }]) =>
      name !== service &&
      (entriesOf(valueAt(value, ['depends_on'])).some(([one]) => one === service) ||
        itemsOf(valueAt(value, ['depends_on'])).some(
          (one) => one.kind === 'scalar' && one.value === service,
        )),
  );
  if (users.length > 0)
    throw refused(
      `${users.map(([name]) => name).join(', ')} depends on ${service}: remove that first, in the same call`,
    );
  return [{ do: 'remove', path }];
}

function addItem(root: Value, path: Path, value: Plain): Primitive[] {
  const now = valueAt(root, path);
  if (now?.kind === 'map') throw refused(`${shownAs(path)} is a mapping`);
  return [{ do: 'append', path, value }];
}

function setLimits({ cpus, memory, pids }: Of<'set_limits'>, root: Value, path: Path): Primitive[] {
  const limits = [...path, 'deploy', 'resources', 'limits'];
  const wanted = Object.entries({ cpus, memory, pids }).flatMap(([key, value]) =>
    value === undefined ? [] : [{ key, value }],
  );
  const [first] = wanted;
  if (first === undefined) throw refused('set_limits: none of cpus, memory and pids');
  if (valueAt(root, limits)?.kind === 'map')
    return wanted.flatMap(({ key, value }) => settings(root, [...limits, key], value));
  return [
    {
      do: 'set',
      path: limits,
      value: new Map(wanted.map(({ key, value }): [string, Plain] => [key, value])),
    },
  ];
}

import { NONE, ROWS } from './field-rows.ts';
import type { Said } from './fields.ts';
import { mountsOfService, tmpfsOfService } from './mount-fields.ts';
import type { Body, Model, Service } from './model.ts';
import { isProfile, setLists, shownSpan } from './list-fields.ts';
import { networksOfService, sharing } from './network-fields.ts';
import { exposedPorts, flagOf, nanosecondsOf, plainText, portFields, textsIn, wordsOf } from './notation.ts';
import type { Standing } from './standing.ts';

/** Keys of a service that are looked at, in whatever way; of all others a container tells nothing. */
const READ = new Set([
  ...ROWS.map(({ file: [first = ''] }) => first),
  ...keys(
    'image command entrypoint environment labels ports expose volumes tmpfs network_mode networks pid ipc hostname',
  ),
  ...keys(
    'container_name restart healthcheck ulimits extra_hosts logging sysctls devices device_cgroup_rules dns',
  ),
  ...keys(
    'dns_search dns_opt security_opt group_add cap_add cap_drop storage_opt annotations secrets configs',
  ),
  // Nothing of a container: its order, its place in a swarm, what its image is.
  ...keys('mac_address depends_on deploy platform'),
]);

/** Fields that are the engine's to choose where the file says nothing. */
const OPEN = new Set(ROWS.filter(({ open }) => open === true).map(({ key }) => key));
const OPEN_KINDS = /^(ulimits|logging)\./;

function keys(text: string): string[] {
  return text.split(' ');
}

/** What the file says of a service's containers; `image` is the id of its image, null where that is not here. */
export function fieldsOfService(
  service: Service,
  model: Model,
  image: string | null,
  standing: Pick<Standing, 'containers' | 'names'>,
): Said {
  const { body } = service;
  const fields = new Map<string, string | null>();
  const set = (key: string, value: unknown): void => {
    const text = plainText(value);
    if (text !== null) fields.set(key, text);
  };
  set('image', image ?? service.image);
  set('container_name', body['container_name']);
  for (const [name, value] of Object.entries((body['environment'] ?? {}) as Body))
    set(`environment.${name}`, value);
  for (const [name, value] of Object.entries((body['labels'] ?? {}) as Body))
    set(`labels.${name}`, value ?? '');
  for (const port of portFields(body['ports'])) set(`ports.${port}`, 'published');
  for (const port of exposedPorts(body)) set(`expose.${port}`, 'open');
  for (const { key, file, said = plainText, usual = NONE } of ROWS) {
    const text = plainText(said(valueIn(body, file)));
    if (text !== null) fields.set(key, usual.includes(text) ? null : text);
  }
  set('hostname', body['hostname']);
  setCommand(body, fields);
  setHealth(body['healthcheck'] as Body | null | undefined, set);
  setLists(body, set);
  const { mounts, open, unread } = mountsOfService(body, model);
  for (const [target, source] of mounts) set(`mounts.${target}`, source);
  for (const [path, options] of tmpfsOfService(body['tmpfs'])) set(`tmpfs.${path}`, options);
  for (const key of ['pid', 'ipc']) if (!isPrivate(body[key])) set(key, sharing(body[key], standing));
  const others = networksOfService(service, model, standing, set);
  const isRestartOpen = !setRestart(body, set);
  const targets = new Set(open.map((target) => `mounts.${target}`));
  const hasOthers = body['volumes_from'] !== undefined;
  return {
    fields,
    isOpen: (key) =>
      OPEN.has(key) ||
      OPEN_KINDS.test(key) ||
      targets.has(key) ||
      (key === 'restart' && isRestartOpen) ||
      (hasOthers && key.startsWith('mounts.')),
    unread: [...unread, ...others, ...unreadIn(body)],
  };
}

const valueIn = (body: unknown, path: readonly string[]): unknown =>
  path.reduce<unknown>((value, key) => (value as Body | null | undefined)?.[key], body);

const isPrivate = (mode: unknown): boolean =>
  ['private', 'shareable', '', undefined, null].includes(mode as string);

/** With an entry point of its own a container has nothing of its image's command. */
function setCommand(body: Body, fields: Map<string, string | null>): void {
  const { command, entrypoint } = body;
  const words = wordsOf(entrypoint ?? []);
  if (words.length > 0) {
    fields.set('entrypoint', JSON.stringify(words));
    fields.set('command', null);
  } else if (entrypoint !== undefined && entrypoint !== null) fields.set('entrypoint', null);
  if (command !== undefined && command !== null) {
    const own = wordsOf(command);
    if (own.length > 0) fields.set('command', JSON.stringify(own));
  }
}

function setHealth(check: Body | null | undefined, set: (key: string, value: unknown) => void): void {
  if (check === undefined || check === null) return;
  const { test, disable, retries } = check;
  const words = typeof test === 'string' ? ['CMD-SHELL', test] : textsIn(test);
  const isOff = flagOf(disable) === 'true' || words[0] === 'NONE' || test === 'NONE';
  if (isOff) set('healthcheck.test', JSON.stringify(['NONE']));
  else if (words.length > 0) set('healthcheck.test', JSON.stringify(words));
  const spans = ['interval', 'timeout', 'start_period', 'start_interval'];
  for (const [key, value] of [
    ...spans.map((name) => [name, nanosecondsOf(check[name])] as const),
    ['retries', retries] as const,
  ])
    if (plainText(value) !== '0') set(`healthcheck.${key}`, shownSpan(key, value));
}

/** Whether the file says when a container is started again; without a word of it, it is not. */
function setRestart(body: Body, set: (key: string, value: unknown) => void): boolean {
  const policy = (body['deploy'] as Body | undefined)?.['restart_policy'] as Body | undefined;
  if (policy === undefined) {
    set('restart', body['restart'] || 'no');
    return true;
  }
  const condition = plainText(policy['condition']);
  if (condition === null) return false;
  const name = { any: 'always', none: 'no' }[condition] ?? condition;
  set('restart', `${name}${policy['max_attempts'] ? `:${plainText(policy['max_attempts'])}` : ''}`);
  return true;
}

/** What is said that no container tells, or that is not understood. */
function unreadIn(body: Body): string[] {
  const { reservations = {} } = ((body['deploy'] as Body | undefined)?.['resources'] ?? {}) as {
    reservations?: Body;
  };
  const profiles = textsIn(body['security_opt']).filter((text) => isProfile(text.replace(':', '=')));
  const cdi = (Array.isArray(body['devices']) ? body['devices'] : []).filter(
    (one) => typeof one === 'string' && !one.startsWith('/'),
  );
  return [
    ...Object.keys(body).filter((key) => !READ.has(key)),
    ...(reservations['devices'] === undefined ? [] : ['deploy.resources.reservations.devices']),
    ...(profiles.length > 0 ? ['security_opt.seccomp'] : []),
    ...(cdi.length > 0 ? ['devices'] : []),
  ];
}

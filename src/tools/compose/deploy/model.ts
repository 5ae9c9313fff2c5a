import { createHash } from 'node:crypto';
import { basename, dirname } from 'node:path';
import { HomeostatError } from '../../../core/errors.ts';
import { type BuildSpec, buildOf } from '../build/spec.ts';
import { mountOf } from '../document/volumes.ts';
import { type Path, type Value, entriesOf, itemsOf, textOf, valueAt } from '../document/value.ts';
import { keyedMap, namedMap } from '../resolve/short-forms.ts';
import { type Project, servicesOf } from '../resolve/project.ts';
import { environmentOf } from '../resolve/environment.ts';
import type { Finding } from '../resolve/problem.ts';
import { type Asked, activeOf } from '../resolve/profiles.ts';
import { type Looking, Reading, under } from '../resolve/reading.ts';
import { jsonOf } from './json.ts';

export type Body = Record<string, unknown>;

/** One service as it is handed to Compose: everything filled in, every path absolute, nothing left to be read. */
export interface Service {
  readonly name: string;
  readonly body: Body;
  readonly image: string;
  /** How the image is made, where the files say it. */
  readonly build: BuildSpec | null;
  readonly replicas: number;
  /** Services that have to be there before it. */
  readonly needs: readonly string[];
  /** Of these, those whose container it shares something with, so that it is made anew when they are. */
  readonly shares: readonly string[];
  /** Services that it waits for until they have ended well. */
  readonly awaits: readonly string[];
  /** Address that answers once it is ready, of the file's `x-homeostat`. */
  readonly probe: string | null;
}

export interface Model {
  readonly project: string;
  /** Folder of the first file. */
  readonly folder: string;
  readonly services: readonly Service[];
  /** Services that the chosen profiles leave out. */
  readonly inactive: readonly string[];
  readonly sections: Body;
  /** Every file that was read for it, or looked for. */
  readonly read: readonly string[];
  /** What is wrong with files that services take their variables from. */
  readonly findings: readonly Finding[];
}

export interface Chosen extends Asked {
  readonly project?: string | undefined;
}

/** Read by homeostat itself, or not meant for what makes containers. */
const LEFT_OUT =
  /^(build|extends|profiles|env_file|pull_policy|pull_refresh_after|develop|attach|scale|x-.*)$/;
/** What starts something that a plan cannot show. */
const REFUSED = ['provider', 'models', 'label_file', 'use_api_socket', 'post_start', 'pre_stop'];

/** The whole project as Compose is to see it; `ctx` decides whether hidden values are there or masked. */
export async function modelOf(project: Project, chosen: Chosen, ctx: Looking): Promise<Model> {
  const { root, files } = project;
  const [first = ''] = files;
  const reading = new Reading(ctx);
  const called = projectName(project, chosen.project);
  const services: Service[] = [];
  const inactive: string[] = [];
  const active = activeOf(project, chosen);
  for (const [name, { value }] of servicesOf(root)) {
    if (active.has(name)) services.push(await serviceOf(name, value, project, called, reading));
    else inactive.push(name);
  }
  return {
    project: called,
    folder: dirname(first),
    services,
    inactive,
    sections: sectionsOf(project),
    read: [...files, ...project.looked, ...reading.looked],
    findings: reading.findings,
  };
}

/** What was asked for, else as Compose makes it of a variable, the file or the folder's name. */
export function projectName({ root, files, settings }: Project, asked: string | undefined): string {
  const said = asked ?? settings.name ?? textOf(valueAt(root, ['name']));
  return (said ?? basename(dirname(files[0] ?? ''))).toLowerCase().replaceAll(/[^-_a-z0-9]/g, '');
}

async function serviceOf(
  name: string,
  value: Value,
  project: Project,
  called: string,
  reading: Reading,
): Promise<Service> {
  const refused = REFUSED.find((key) => valueAt(value, [key]) !== undefined);
  if (refused !== undefined)
    throw new HomeostatError('invalid_input', `${name}: ${refused} cannot be deployed by homeostat`, {
      next: 'A person deploys it, or takes the key out.',
    });
  const build = buildOf(name, value, project);
  // Under the name that Compose gives it.
  const image = textOf(valueAt(value, ['image'])) ?? (build === null ? undefined : `${called}-${name}`);
  if (image === undefined)
    throw new HomeostatError(
      'invalid_input',
      `${name} has neither an image nor a build, so that nothing tells what it would run`,
      {
        next: 'Give it an image or a build, then call again.',
      },
    );
  const at = ['services', name];
  const body: Body = { image };
  for (const [key, entry] of entriesOf(value))
    if (!LEFT_OUT.test(key)) body[key] = jsonOf(entry.value, [...at, key]);
  const environment = await environmentOf(name, value, project, reading);
  if (environment.size > 0)
    body['environment'] = Object.fromEntries([...environment].map(([key, one]) => [key, one.value]));
  const labels = valueAt(value, ['labels']);
  if (labels !== undefined) body['labels'] = jsonOf(namedMap(labels), [...at, 'labels']);
  const volumes = itemsOf(valueAt(value, ['volumes'])).map((item, index) =>
    absolute(item, [...at, 'volumes', index], project),
  );
  if (volumes.length > 0) body['volumes'] = volumes;
  if (typeof body['deploy'] === 'object' && body['deploy'] !== null)
    body['deploy'] = Object.fromEntries(Object.entries(body['deploy']).filter(([key]) => key !== 'replicas'));
  const own = textOf(valueAt(value, ['deploy', 'replicas'])) ?? textOf(valueAt(value, ['scale'])) ?? '1';
  const probe = valueAt(value, ['x-homeostat']);
  const depends = keyedMap(valueAt(value, ['depends_on']) ?? EMPTY);
  const shares = ['network_mode', 'ipc', 'pid'].flatMap(
    (key) => /^service:(.+)$/.exec(textOf(valueAt(value, [key])) ?? '')?.[1] ?? [],
  );
  const needs = entriesOf(depends).map(([other]) => other);
  return {
    name,
    body,
    image,
    build,
    replicas: Number(own),
    needs: [...needs, ...shares],
    shares: [...new Set(shares)],
    awaits: needs.filter(
      (other) => textOf(valueAt(depends, [other, 'condition'])) === 'service_completed_successfully',
    ),
    probe: textOf(probe) ?? textOf(valueAt(probe, ['probe'])) ?? null,
  };
}

const EMPTY: Value = {
  kind: 'map',
  entries: new Map(),
  tag: null,
  place: { file: '', line: 1, column: 1 },
};

/** A mount with its folder as an absolute path. */
function absolute(item: Value, path: Path, { baseOf }: Project): unknown {
  const mount = mountOf(item);
  if (mount?.type !== 'bind') return jsonOf(item, path);
  if (mount.source.startsWith('~'))
    throw new HomeostatError(
      'invalid_input',
      `${String(path[1])}: ${mount.source} is in nobody's home that is known`,
      {
        next: 'Write the whole path.',
      },
    );
  const source = under(baseOf(item.place.file), mount.source);
  const text = textOf(item);
  if (text !== undefined) return `${source}${text.slice(mount.source.length)}`;
  return { ...(jsonOf(item, path) as Body), type: 'bind', source };
}

/** Networks, volumes, secrets and configs, with absolute paths of their files. */
function sectionsOf({ root, baseOf }: Project): Body {
  const sections: Body = {};
  for (const name of ['networks', 'volumes', 'secrets', 'configs']) {
    const entries = entriesOf(valueAt(root, [name])).map(([key, { value }]) => {
      const file = valueAt(value, ['file']);
      const path = textOf(file);
      const json = jsonOf(value, [name, key]);
      if (file === undefined || path === undefined) return [key, json] as const;
      return [key, { ...(json as Body), file: under(baseOf(file.place.file), path) }] as const;
    });
    if (entries.length > 0) sections[name] = Object.fromEntries(entries);
  }
  return sections;
}

/** What each needs before it; a circle was found by the validator. */
export function ordered(services: readonly Service[]): Service[] {
  const byName = new Map(services.map((service) => [service.name, service]));
  const [begun, done] = [new Set<Service>(), new Set<Service>()];
  const visit = (service: Service): void => {
    if (begun.has(service)) return;
    begun.add(service);
    for (const name of service.needs) {
      const other = byName.get(name);
      if (other !== undefined) visit(other);
    }
    done.add(service);
  };
  for (const service of services) visit(service);
  return [...done];
}

/** Labels by which homeostat knows what it has deployed: from which model, by which action, from which folder. */
export const LABEL = {
  config: 'homeostat.config',
  deploy: 'homeostat.deploy',
  folder: 'homeostat.folder',
  /** Of an image: what it was built of. */
  context: 'homeostat.context',
} as const;

/** The same for two services that make the same containers, of whatever image, however many and after whatever others. */
export const digestOf = ({ body }: Service): string => hashed({ ...body, depends_on: undefined });

/** The same for files that say the same, and the same images to come. */
export const contentOf = ({ services, sections }: Model, coming: readonly unknown[]): string =>
  hashed([services, sections, coming]);

const hashed = (value: unknown): string =>
  createHash('sha256')
    .update(JSON.stringify(sorted(value)))
    .digest('hex');

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.entries(value)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, inner]) => [key, sorted(inner)]);
}

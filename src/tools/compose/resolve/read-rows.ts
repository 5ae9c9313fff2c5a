import { type Entry, entriesOf, valueAt } from '../document/value.ts';
import { environmentOf } from './environment.ts';
import type { Finding } from './problem.ts';
import { activeOf } from './profiles.ts';
import { type Project, openProject, servicesOf } from './project.ts';
import { type Looking, Reading } from './reading.ts';
import { type Row, masked, rowsOf } from './rows.ts';
import { namedMap } from './short-forms.ts';

interface Asked {
  readonly paths: readonly string[];
  readonly service?: string | undefined;
  readonly profiles?: readonly string[] | undefined;
}

/** Every value of a project, resolved, with where it comes from. */
export async function readRows(
  { paths, service, profiles }: Asked,
  ctx: Looking,
): Promise<{ project: Project; rows: Row[]; inactive: string[]; problems: readonly Finding[] }> {
  const project = await openProject(paths, ctx);
  const reading = new Reading(ctx);
  const active = activeOf(project, { profiles });
  const all = servicesOf(project.root).filter(([name]) => service === undefined || name === service);
  const rows: Row[] = [];
  for (const [key, entry] of project.root.entries) {
    if (key === 'services') {
      const shown = profiles === undefined ? all : all.filter(([name]) => active.has(name));
      for (const [name, one] of shown)
        rows.push(
          ...rowsOf(one.value, ['services', name], ctx.secrets),
          ...(await fromEnvFiles(name, one, project, reading, ctx)),
        );
    } else if (service === undefined && key !== 'include')
      rows.push(...rowsOf(entry.value, [key], ctx.secrets));
  }
  const inactive = all.map(([name]) => name).filter((name) => !active.has(name));
  return { project, rows, inactive, problems: [...project.findings, ...reading.findings] };
}

/** Variables that env files give a service and its own `environment` does not replace. */
async function fromEnvFiles(
  name: string,
  { value }: Entry,
  project: Project,
  reading: Reading,
  ctx: Looking,
): Promise<Row[]> {
  if (valueAt(value, ['env_file']) === undefined) return [];
  const environment = valueAt(value, ['environment']);
  const own = new Set(environment === undefined ? [] : entriesOf(namedMap(environment)).map(([key]) => key));
  const all = await environmentOf(name, value, project, reading);
  return [...all]
    .filter(([variable]) => !own.has(variable))
    .map(([variable, { value: text, hidden, place }]) => ({
      key: `services.${name}.environment.${variable}`,
      value: hidden ? text : masked(variable, text, ctx.secrets),
      place,
      merged: null,
    }));
}

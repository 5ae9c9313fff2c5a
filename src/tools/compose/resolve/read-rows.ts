import { MASK } from '../../../core/secrets.ts';
import { type Entry, itemsOf, textOf, valueAt } from '../document/value.ts';
import { type Project, openProject, servicesOf } from './project.ts';
import { type Looking, Reading, textsOf, under } from './reading.ts';
import { type Row, masked, rowsOf } from './rows.ts';

interface Asked {
  readonly paths: readonly string[];
  readonly service?: string | undefined;
  readonly profiles?: readonly string[] | undefined;
}

/** Every value of a project, resolved, with where it comes from. */
export async function readRows(
  { paths, service, profiles }: Asked,
  ctx: Looking,
): Promise<{ project: Project; rows: Row[] }> {
  const project = await openProject(paths, ctx);
  const rows: Row[] = [];
  for (const [key, entry] of project.root.entries) {
    if (key === 'services') {
      const chosen = servicesOf(project.root).filter(
        ([name, one]) => (service === undefined || name === service) && isActive(one, profiles),
      );
      for (const [name, one] of chosen)
        rows.push(
          ...rowsOf(one.value, ['services', name], ctx.secrets),
          ...(await fromEnvFiles(name, one, project, ctx)),
        );
    } else if (service === undefined && key !== 'include')
      rows.push(...rowsOf(entry.value, [key], ctx.secrets));
  }
  return { project, rows };
}

function isActive({ value }: Entry, profiles: readonly string[] | undefined): boolean {
  const own = itemsOf(valueAt(value, ['profiles'])).map((item) => textOf(item) ?? '');
  return profiles === undefined || own.length === 0 || own.some((name) => profiles.includes(name));
}

/** Variables that env files give a service and its own `environment` does not replace. */
async function fromEnvFiles(
  name: string,
  { value }: Entry,
  { baseOf }: Project,
  ctx: Looking,
): Promise<Row[]> {
  const at = valueAt(value, ['env_file']);
  if (at === undefined) return [];
  const environment = valueAt(value, ['environment']);
  const own = new Set(
    rowsOf(environment ?? at, ['services', name, 'environment'], ctx.secrets).map(({ key }) => key),
  );
  const found = new Map<string, Row>();
  for (const file of textsOf(at)) {
    const read = await new Reading(ctx).variables(under(baseOf(at.place.file), file));
    for (const [variable, { value: text, line }] of read?.found ?? []) {
      const key = `services.${name}.environment.${variable}`;
      if (own.has(key)) continue;
      const shown = read?.hidden === true ? MASK : masked(variable, text, ctx.secrets);
      found.set(key, {
        key,
        value: shown,
        place: { file: read?.file ?? file, line, column: 1 },
        merged: null,
      });
    }
  }
  return [...found.values()];
}

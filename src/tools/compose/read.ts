import * as z from 'zod';
import { MASK } from '../../core/secrets.ts';
import { defineQuery } from '../../core/tool.ts';
import { shownPath } from '../file/shown-path.ts';
import { type Entry, itemsOf, textOf, valueAt } from './document/value.ts';
import { type Project, openProject, servicesOf } from './resolve/project.ts';
import { Reading, type Looking, textsOf, under } from './resolve/reading.ts';
import { type Row, masked, rowsOf } from './resolve/rows.ts';

const MOST = 1000;

export const readCompose = defineQuery({
  name: 'read_compose',
  title: 'Read Compose files resolved',
  description:
    'Show a project as Compose sees it, each value with its file and line. Variables, anchors, extends, include and several files are resolved.',
  toolset: 'compose',
  annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false },
  input: z.object({
    paths: z.array(z.string().min(1)).min(1).max(10).describe('As given by -f, in order'),
    service: z.string().optional().describe('This one alone'),
    profiles: z.array(z.string()).optional().describe('Leave out services of other profiles'),
  }),
  output: z.object({
    values: z.array(
      z.object({
        key: z.string(),
        value: z.string().nullable(),
        file: z.string(),
        line: z.number().int(),
        merged: z.string().optional().describe('Anchor it came from by <<'),
      }),
    ),
    more: z.number().int(),
    files: z.array(z.string()),
    problems: z.array(z.string()),
  }),

  async run({ paths, service, profiles }, ctx) {
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
    const shown = (path: string): string => shownPath(path, ctx.workspace.cwd);
    return {
      values: rows.slice(0, MOST).map(({ key, value, place, merged: anchor }) => ({
        key,
        value,
        file: shown(place.file),
        line: place.line,
        ...(anchor === null ? {} : { merged: anchor }),
      })),
      more: Math.max(0, rows.length - MOST),
      files: project.files.map(shown),
      problems: project.findings.map(
        ({ place, message }) => `${shown(place.file)}:${place.line}: ${message}`,
      ),
    };
  },
});

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

import * as z from 'zod';
import { isHere } from '../../core/engine.ts';
import { defineQuery } from '../../core/tool.ts';
import { shownPath } from '../file/shown-path.ts';
import { pathsSchema } from './paths.ts';
import { operationSchema } from './operations/schema.ts';

const MOST = 200;

const findingSchema = z.object({
  code: z.string(),
  severity: z.enum(['error', 'warning', 'note']),
  file: z.string(),
  line: z.number().int(),
  column: z.number().int(),
  message: z.string(),
  operations: z.array(z.json()).describe('For edit_compose'),
});

export const validateCompose = defineQuery({
  name: 'validate_compose',
  title: 'Validate Compose files',
  description:
    'Find what is wrong or risky in Compose files, and propose edits. Specification, undefined names, clashes, variables, YAML traps, privileges, Traefik.',
  toolset: 'compose',
  annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: true },
  input: z.object({ paths: pathsSchema, profiles: z.array(z.string()).optional() }),
  output: z.object({
    valid: z.boolean().describe('No errors'),
    findings: z.array(findingSchema),
    more: z.number().int(),
    files: z.array(z.string()),
    inactive: z.array(z.string()).describe('Services that the profiles leave out'),
    not_checked: z.array(z.string()),
  }),

  async run({ paths, profiles }, ctx) {
    // With the first call: nothing else needs to read YAML.
    const [
      { openProject, servicesOf },
      { activeProject, validated },
      { checkEngine },
      { registriesOf },
      { projectName },
    ] = await Promise.all([
      import('./resolve/project.ts'),
      import('./validate/project.ts'),
      import('./validate/engine.ts'),
      import('./validate/images.ts'),
      import('./deploy/model.ts'),
    ]);
    const project = await openProject(paths, ctx);
    const { engine } = ctx;
    const active = activeProject(project, { profiles });
    const seen = await checkEngine(active, projectName(project, undefined), engine, registriesOf(engine));
    const found = await validated(project, ctx, Array.isArray(seen) ? seen : [], { profiles });
    const starts = new Set(servicesOf(active.root).map(([name]) => name));
    const all = servicesOf(project.root).map(([name]) => name);
    const shown = (path: string): string => shownPath(path, ctx.workspace.cwd);
    return {
      valid: found.every(({ severity }) => severity !== 'error'),
      findings: found.slice(0, MOST).map(({ code, severity, place, message, operations }) => ({
        code,
        severity,
        ...place,
        file: shown(place.file),
        message,
        operations: operations.map((one) => z.json().parse(operationSchema.parse(one))),
      })),
      more: Math.max(0, found.length - MOST),
      files: project.files.map(shown),
      inactive: all.filter((name) => !starts.has(name)),
      not_checked: [
        ...(Array.isArray(seen) ? [] : [`ports, names and images of the engine: ${seen.message}`]),
        ...(isHere(engine) ? [] : ['whether mounted folders are there: the engine is another machine’s']),
        ...(engine.listening() === null ? ['ports that are no container’s'] : []),
      ],
    };
  },
});

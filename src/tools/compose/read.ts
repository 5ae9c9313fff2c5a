import * as z from 'zod';
import { defineQuery } from '../../core/tool.ts';
import { pathsSchema } from './paths.ts';
import { shownPath } from '../file/shown-path.ts';

const MOST = 1000;

export const readCompose = defineQuery({
  name: 'read_compose',
  title: 'Read Compose files resolved',
  description:
    'Show a project as Compose sees it, each value with its file and line. Variables, anchors, extends, include and several files are resolved.',
  toolset: 'compose',
  annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false },
  input: z.object({
    paths: pathsSchema,
    service: z.string().optional().describe('This one alone'),
    profiles: z
      .array(z.string())
      .optional()
      .describe('Leave out services of other profiles; else COMPOSE_PROFILES only marks them'),
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
    inactive: z.array(z.string()).describe('Services that the profiles leave out'),
    problems: z.array(z.string()),
  }),

  async run(asked, ctx) {
    // With the first call: nothing else needs to read YAML.
    const { readRows } = await import('./resolve/read-rows.ts');
    const { project, rows, inactive, problems } = await readRows(asked, ctx);
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
      inactive,
      problems: problems.map(({ place, message }) => `${shown(place.file)}:${place.line}: ${message}`),
    };
  },
});

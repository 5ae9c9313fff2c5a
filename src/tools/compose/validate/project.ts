import { checkModel } from '../model/check.ts';
import type { Finding } from '../resolve/problem.ts';
import type { Project } from '../resolve/project.ts';
import { checkCare, powerFindings } from './care.ts';
import { checkClashes } from './clashes.ts';
import { groundOf } from './ground.ts';
import { type OnEngine, checkPaths } from './paths.ts';
import { powersOf } from './powers.ts';
import { checkReferences } from './references.ts';
import { checkTraefik } from './traefik.ts';
import { checkTraps } from './traps.ts';

const ORDER = ['error', 'warning', 'note'] as const;

/** Everything that is wrong or risky in a project, the worst first; `outside` is what only an engine can tell. */
export async function validated(
  project: Project,
  ctx: OnEngine,
  outside: readonly Finding[],
): Promise<Finding[]> {
  const { root } = project;
  const powers = await powersOf(root, groundOf(ctx, project.baseOf));
  const findings = [
    ...project.findings,
    ...checkModel(root),
    ...checkReferences(root),
    ...checkClashes(root),
    ...(await checkPaths(project, ctx)),
    ...checkTraps(root),
    ...checkTraefik(root),
    ...powerFindings(powers),
    ...checkCare(root),
    ...outside,
  ];
  const seen = new Set<string>();
  return findings
    .filter(({ code, place, message }) => {
      const key = [code, place.file, place.line, place.column, message].join('\0');
      return !seen.has(key) && seen.add(key);
    })
    .toSorted(
      (a, b) =>
        ORDER.indexOf(a.severity) - ORDER.indexOf(b.severity) ||
        a.place.file.localeCompare(b.place.file) ||
        a.place.line - b.place.line,
    );
}

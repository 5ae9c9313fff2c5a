import { checkModel } from '../model/check.ts';
import type { Finding } from '../resolve/problem.ts';
import type { Project } from '../resolve/project.ts';
import type { Looking } from '../resolve/reading.ts';
import { checkCare, powerFindings } from './care.ts';
import { checkClashes } from './clashes.ts';
import { groundOf } from './ground.ts';
import { checkPaths } from './paths.ts';
import { powersOf } from './powers.ts';
import { checkReferences } from './references.ts';
import { checkTraefik } from './traefik.ts';
import { checkTraps } from './traps.ts';

const ORDER = ['error', 'warning', 'note'] as const;

/** What only an engine can tell of a project; whoever has one hands it in. */
export interface Outside {
  /** Ports that are taken, images that are to be had nowhere: findings like all others. */
  check(project: Project): Promise<Finding[]>;
}

/** Everything that is wrong or risky in a project, the worst first. */
export async function validated(project: Project, ctx: Looking, outside?: Outside): Promise<Finding[]> {
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
    ...((await outside?.check(project)) ?? []),
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

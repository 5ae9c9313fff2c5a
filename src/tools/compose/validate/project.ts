import { checkModel } from '../model/check.ts';
import type { Finding } from '../resolve/problem.ts';
import type { Mapping } from '../document/value.ts';
import { environmentOf } from '../resolve/environment.ts';
import { type Asked, activeOf, withServices } from '../resolve/profiles.ts';
import { type Project, servicesOf } from '../resolve/project.ts';
import { Reading } from '../resolve/reading.ts';
import { checkCare, powerFindings } from './care.ts';
import { checkClashes } from './clashes.ts';
import { groundOf } from './ground.ts';
import { checkImageNames } from './images.ts';
import { type OnEngine, checkPaths } from './paths.ts';
import { powersOf } from './powers.ts';
import { checkReferences } from './references.ts';
import { checkTraefik } from './traefik.ts';
import { checkTraps } from './traps.ts';

/** A project as the services have it that start. */
export function activeProject(project: Project, asked: Asked): Project {
  const active = activeOf(project, asked);
  const isWhole = servicesOf(project.root).every(([name]) => active.has(name));
  return isWhole ? project : { ...project, root: withServices(project.root, active) };
}

/** What depends on which services start together. */
async function together(project: Project, all: Mapping, ctx: OnEngine): Promise<Finding[]> {
  const { root } = project;
  const reading = new Reading(ctx);
  for (const [name, { value }] of servicesOf(root)) await environmentOf(name, value, project, reading);
  return [
    ...checkReferences(root, all),
    ...checkClashes(root),
    ...checkImageNames(root),
    ...(await checkPaths(project, ctx)),
    ...checkTraefik(root),
    ...reading.findings,
  ];
}

const keyOf = ({ code, place, message }: Finding): string =>
  [code, place.file, place.line, place.column, message].join('\0');

const ORDER = ['error', 'warning', 'note'] as const;

/** Everything that is wrong or risky in a project, the worst first; `outside` is what only an engine can tell. */
export async function validated(
  project: Project,
  ctx: OnEngine,
  outside: readonly Finding[],
  asked: Asked = {},
): Promise<Finding[]> {
  const { root } = project;
  const powers = await powersOf(root, groundOf(ctx, project.baseOf));
  const active = activeProject(project, asked);
  const now = await together(active, root, ctx);
  const seen = new Set(now.map(keyOf));
  // What comes about only with further profiles does not keep this from starting.
  const others = active.root === root ? [] : await together(project, root, ctx);
  const later = others.flatMap((one): Finding[] =>
    seen.has(keyOf(one)) ? [] : [{ ...one, severity: 'note', message: `With its profile: ${one.message}` }],
  );
  const findings = [
    ...project.findings,
    ...checkModel(root),
    ...now,
    ...later,
    ...checkTraps(root),
    ...powerFindings(powers),
    ...checkCare(root),
    ...outside,
  ];
  return [...new Map(findings.map((one) => [keyOf(one), one])).values()].toSorted(
    (a, b) =>
      ORDER.indexOf(a.severity) - ORDER.indexOf(b.severity) ||
      a.place.file.localeCompare(b.place.file) ||
      a.place.line - b.place.line,
  );
}

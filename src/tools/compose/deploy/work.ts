import type { ActionContext } from '../../../core/context.ts';
import type { Inspected } from '../../../core/engine.ts';
import { HomeostatError } from '../../../core/errors.ts';
import { namesService, protectedServices } from '../../../core/services.ts';
import type { Config } from '../../../core/config.ts';
import { type Sharer, checkNotSwarms, checkUnshared } from '../../docker/bound.ts';
import { circumstancesOf, nameOf } from '../../docker/container.ts';
import { tagged } from '../../docker/images/reference.ts';
import { shownPath } from '../../file/shown-path.ts';
import type { Project } from '../resolve/project.ts';
import { checkEngine } from '../validate/engine.ts';
import { groundOf } from '../validate/ground.ts';
import { type Power, powersOf } from '../validate/powers.ts';
import type { Finding } from '../resolve/problem.ts';
import { activeProject, validated } from '../validate/project.ts';
import type { Asked } from './asked.ts';
import { type Arrivals, arrivalsOf } from './coming.ts';
import { checkDefinitions } from './definitions.ts';
import { type Edited, editedFiles } from './edits.ts';
import { LABEL, type Model, modelOf, ordered, projectName } from './model.ts';
import { nameIn } from './notation.ts';
import { type Plan, chosenOf, planOf } from './plan.ts';
import { takesProtectedName } from './protected-names.ts';
import type { Fresh } from './reasons.ts';
import { openWhole } from './seeing.ts';
import { type Standing, imagesOf, ownOf } from './standing.ts';

/** A deploy as it would be; nothing has been touched. */
export interface Work {
  readonly project: Project;
  readonly model: Model;
  readonly standing: Standing;
  readonly plan: Plan;
  /** What is asked about, and what it is in words. */
  readonly circumstances: readonly string[];
  readonly powers: readonly Power[];
  readonly edited: Edited;
  readonly arrivals: Arrivals;
  /** Containers of others that have volumes of one that goes. */
  readonly sharers: readonly Sharer[];
}

/** Findings that are no errors to Compose and that nothing is deployed with. */
const STOPS = new Set(['unset_variable', 'bind_missing', 'bad_variable']);
const PROJECT = /^[a-z0-9][a-z0-9_-]{0,62}$/;
const SERVICE = /^[a-zA-Z0-9][a-zA-Z0-9._-]*$/;

export async function worked(asked: Asked, real: ActionContext): Promise<Work> {
  const edited = await editedFiles(asked.edits ?? [], real);
  const { ctx } = edited;
  const { seen, whole: project, seeing } = await openWhole(asked.paths, ctx);
  const name = projectName(project, asked.project);
  // Both ask for them at the same moment.
  const rows = ctx.engine.list(true);
  const engine = { ...ctx.engine, list: async () => rows };
  const [has] = await Promise.all([
    ownOf(name, { engine }),
    asked.verb === 'remove' ? undefined : checkFiles(seen, asked, name, { ...ctx, engine }),
  ]);
  const model = await modelOf(project, asked, seeing);
  // Of files that are hidden from agents it is known only now.
  if (asked.verb !== 'remove') stopAt([...project.findings, ...model.findings], ctx);
  const odd =
    [model.project].find((one) => !PROJECT.test(one)) ??
    model.services.map((one) => one.name).find((one) => !SERVICE.test(one));
  if (odd !== undefined)
    throw new HomeostatError('invalid_input', `${odd} cannot be the name of a project or a service`);
  if (asked.verb !== 'remove') checkDefinitions(model, has);
  const standing = { ...has, images: await imagesOf(model, has.containers, ctx) };
  const arrivals = await arrivalsOf(ordered(chosenOf(model, standing, asked)), standing, asked, ctx);
  const plan = planOf(model, standing, asked, freshOf(model, arrivals));
  const powers = await powersIn(project, plan, ctx);
  const touched = touchedBy(plan);
  touched.forEach(checkNotSwarms);
  const sharers = await checkUnshared(touched, ctx.engine, [...has.names.keys()]);
  return {
    project,
    model,
    standing,
    plan,
    powers,
    edited,
    arrivals,
    sharers,
    circumstances: [
      ...new Set([
        ...circumstancesIn(model, standing, plan, powers, ctx.config),
        ...((await takesProtectedName(model, standing, plan, ctx)) ? ['protected_name'] : []),
        ...edited.circumstances,
        ...arrivals.circumstances,
      ]),
    ],
  };
}

/** Containers that go, or are made anew. */
const touchedBy = ({ steps }: Plan): Inspected[] =>
  steps.flatMap(({ change, container }) => (change === 'keep' || container === null ? [] : [container]));

/** Throws where the files have errors, before anything is worked out from them. */
async function checkFiles(project: Project, asked: Asked, name: string, ctx: ActionContext): Promise<void> {
  const outside = await checkEngine(activeProject(project, asked), name, ctx.engine);
  if (!Array.isArray(outside)) throw outside;
  stopAt(await validated(project, ctx, outside, asked), ctx);
}

function stopAt(findings: readonly Finding[], ctx: ActionContext): void {
  const found = findings.filter(
    ({ severity, code }) => severity === 'error' || (STOPS.has(code) && severity === 'warning'),
  );
  if (found.length === 0) return;
  const told = found
    .slice(0, 5)
    .map(
      ({ code, place, message }) =>
        `${shownPath(place.file, ctx.workspace.cwd)}:${place.line}: ${message} (${code})`,
    );
  const more = found.length > 5 ? `; and ${found.length - 5} more` : '';
  throw new HomeostatError('compose_invalid', `${told.join('; ')}${more}`);
}

/** How each image comes that does, by the name that the files have for it. */
function freshOf(model: Model, { images }: Arrivals): Fresh {
  const how = new Map(images.map(({ name, build }) => [name, build === null ? 'pulled' : 'built'] as const));
  return new Map(
    model.services.flatMap(({ image }) => {
      const one = how.get(tagged(image));
      return one === undefined ? [] : [[image, one] as const];
    }),
  );
}

/** Powers of what is made, and those that are declared for all. */
async function powersIn(project: Project, { made }: Plan, ctx: ActionContext): Promise<Power[]> {
  if (made.length === 0) return [];
  const names = new Set(['', ...made.map(({ name }) => name)]);
  const all = await powersOf(project.root, groundOf(ctx, project.baseOf));
  return all.filter(({ service }) => names.has(service));
}

function circumstancesIn(
  model: Model,
  standing: Standing,
  plan: Plan,
  powers: readonly Power[],
  config: Config,
): string[] {
  const isProtected =
    touchedBy(plan).some((found) => circumstancesOf(found, config).length > 0) ||
    protectedIn(plan, config).length > 0;
  const isForeign = standing.containers.some(({ Config: { Labels } }) => {
    const folder = Labels?.[LABEL.folder] ?? Labels?.['com.docker.compose.project.working_dir'];
    return folder !== model.folder;
  });
  return [
    ...new Set([
      ...powers.map(({ kind }) => kind),
      ...(isProtected ? ['protected_service'] : []),
      ...(isForeign ? ['compose_foreign_project'] : []),
      ...(foreignVolumes(model, standing, plan).length > 0 ? ['compose_foreign_volume'] : []),
      ...(plan.lost.length > 0 ? ['compose_volume_loss'] : []),
    ]),
  ];
}

/** Containers that are touched and whose service is protected, so that an approval names them. */
export function protectedIn({ steps, lost }: Plan, config: Config): string[] {
  const names = steps.flatMap(({ change, container, service }) =>
    change === 'keep' || container === null
      ? []
      : circumstancesOf(container, config).length > 0 ||
          protectedServices(config).some(
            (one) => namesService(nameOf(container), one) || namesService(service, one),
          )
        ? [nameOf(container)]
        : [],
  );
  const volumes = lost.filter((name) => protectedServices(config).some((one) => namesService(name, one)));
  return [...new Set([...names, ...volumes])];
}

function foreignVolumes(model: Model, standing: Standing, { made }: Plan): string[] {
  const declared = Object.keys(model.sections['volumes'] ?? {});
  const used = new Set(
    made.flatMap(({ body }) => JSON.stringify(body['volumes'] ?? []).match(/[\w.-]+/g) ?? []),
  );
  return declared
    .filter((key) => used.has(key))
    .map((key) => nameIn('volumes', key, model))
    .filter((name) => standing.volumes.some((one) => one.name === name && one.project !== model.project));
}

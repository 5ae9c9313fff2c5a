import type { ActionContext } from '../../../core/context.ts';
import { HomeostatError } from '../../../core/errors.ts';
import { shownPath } from '../../file/shown-path.ts';
import { checkNotKept, imageReference, isByDigest, tagged } from '../../docker/images/reference.ts';
import { type Context, contextOf } from '../build/context.ts';
import type { BuildSpec } from '../build/spec.ts';
import { type Coming, buildSchema } from './coming-schema.ts';
import { LABEL, type Service } from './model.ts';
import type { Standing } from './standing.ts';

/** All images that come with a deploy, in the order in which they are needed, and what is to be said of them. */
export interface Arrivals {
  readonly images: readonly Coming[];
  /** Images that are here and that builds begin with, by name. */
  readonly bases: ReadonlyMap<string, string>;
  /** For people, a line for each. */
  readonly lines: readonly string[];
  readonly notes: readonly string[];
  readonly circumstances: readonly string[];
  /** Each as a command that does the same, so that the same rules speak of it. */
  readonly commands: readonly { readonly line: string; readonly cwd: string }[];
}

const NETWORK =
  'A build that runs programs with the network, or fetches what it names, cannot be called back there.';
const LEFT = 'Files of secrets are left out of builds.';
const PULLED = 'Which image a registry gives for a name is known only when it is here.';

interface Wishes {
  /** Build anew what is here, too. */
  readonly build?: boolean | undefined;
  readonly pull?: boolean | undefined;
}

/** What has to be built or pulled before services can be made. Throws where it is not here and not asked for. */
export async function arrivalsOf(
  services: readonly Service[],
  { images: standing }: Pick<Standing, 'images'>,
  wishes: Wishes,
  ctx: ActionContext,
): Promise<Arrivals> {
  const pulls = new Map<string, Coming>();
  const builds = new Map<string, Coming>();
  const bases = new Map<string, string>();
  const [lines, commands]: [string[], { line: string; cwd: string }[]] = [[], []];
  const [notes, circumstances] = [new Set<string>(), new Set<string>()];
  const pull = (name: string, why: string): void => {
    if (pulls.has(name)) return;
    checkPull(name, why, wishes.pull === true);
    pulls.set(name, { name, before: null, build: null });
    lines.push(`+ pull ${name}${isByDigest(name) ? '' : ', whatever it is by now'}`);
    commands.push({ line: `docker pull ${name}`, cwd: '/' });
    notes.add(PULLED);
  };
  for (const { name: service, image, build } of services) {
    const there = standing.get(image) ?? null;
    const name = tagged(image);
    if (build === null) {
      if (there === null && !builds.has(name)) pull(name, service);
      continue;
    }
    if (builds.has(name)) continue;
    const last = there?.labels[LABEL.context];
    const isWanted = there === null || wishes.build === true || last !== undefined;
    const context = isWanted ? await contextOf(build, ctx) : null;
    if (context === null || (there !== null && wishes.build !== true && last === context.digest)) continue;
    checkName(name, service);
    for (const base of context.recipe.bases) {
      if (builds.has(tagged(base))) continue;
      const id = await ctx.engine.imageId(checkName(tagged(base), service));
      if (id === null) pull(tagged(base), `${service} is built of it`);
      else bases.set(tagged(base), id);
    }
    builds.set(name, { name, before: there?.id ?? null, build: buildSchema.parse({ ...build, ...context }) });
    lines.push(toldBuild(name, build, context, ctx));
    commands.push({ line: `docker build -t ${name} .`, cwd: build.folder });
    if (context.left > 0) notes.add(LEFT);
    const { runs, fetches } = context.recipe;
    if (!fetches && !(runs && build.network !== 'none')) continue;
    circumstances.add('with_network');
    notes.add(NETWORK);
  }
  return {
    images: [...pulls.values(), ...builds.values()],
    bases,
    lines,
    commands,
    notes: [...notes],
    circumstances: [...circumstances],
  };
}

function toldBuild(name: string, build: BuildSpec, context: Context, ctx: ActionContext): string {
  const { files, bytes, recipe } = context;
  const folder = shownPath(build.folder, ctx.workspace.cwd);
  const network = build.network === 'none' ? ', without network' : '';
  const of = recipe.bases.length === 0 ? '' : `, of ${recipe.bases.join(', ')}`;
  return `+ build ${name} from ${folder}: ${files} files, ${bytes} bytes${of}${network}`;
}

function checkPull(name: string, why: string, mayPull: boolean): void {
  checkName(name, why);
  if (mayPull) return;
  throw new HomeostatError('not_found', `${why}: there is no image ${name} here (image_missing)`, {
    next: 'Call again with pull: true, or pull or build it first; nothing was changed.',
  });
}

function checkName(name: string, service: string): string {
  if (!imageReference.safeParse(name).success)
    throw new HomeostatError('invalid_input', `${service}: ${name} is no name of an image`);
  checkNotKept(name);
  return name;
}

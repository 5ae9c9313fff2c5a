import type { ActionContext } from '../../../core/context.ts';
import type { ContainerRow, ImageConfig, Inspected } from '../../../core/engine.ts';
import { type Shared, sharedOf } from './shared.ts';
import type { Model } from './model.ts';

/** What the engine has of a project, and the images and names that the model speaks of. */
export interface Standing {
  /** The project's containers in the order in which they were started; not those of a single `run`. */
  readonly containers: readonly Inspected[];
  /** Names of all containers that there are, by short id. */
  readonly names: ReadonlyMap<string, string>;
  /** By what the model, or a container, calls them; null where there is none. */
  readonly images: ReadonlyMap<string, ImageConfig | null>;
  readonly volumes: readonly Shared[];
  readonly networks: readonly Shared[];
}

const labelOf = ({ Config }: Inspected, name: string): string =>
  Config.Labels?.[`com.docker.compose.${name}`] ?? '';

export const serviceNameOf = (found: Inspected): string => labelOf(found, 'service');
export const numberOf = (found: Inspected): number => Number(labelOf(found, 'container-number') || 1);

export async function containersOf(
  project: string,
  ctx: Pick<ActionContext, 'engine'>,
): Promise<Inspected[]> {
  return ofProject(project, await ctx.engine.list(true), ctx);
}

async function ofProject(
  project: string,
  rows: readonly ContainerRow[],
  { engine }: Pick<ActionContext, 'engine'>,
): Promise<Inspected[]> {
  const own = rows.filter((row) => row.project === project);
  const found = await Promise.all(own.map(async ({ id }) => engine.inspect(id)));
  return found
    .filter((one) => labelOf(one, 'oneoff') !== 'True')
    .toSorted((a, b) => a.State.StartedAt.localeCompare(b.State.StartedAt));
}

/** What the engine has under a project's name, and all volumes and networks that there are. */
export async function ownOf(
  project: string,
  ctx: Pick<ActionContext, 'engine'>,
): Promise<Omit<Standing, 'images'>> {
  const [rows, volumes, networks] = await Promise.all([
    ctx.engine.list(true),
    sharedOf('volumes', ctx.engine),
    sharedOf('networks', ctx.engine),
  ]);
  const containers = await ofProject(project, rows, ctx);
  return { containers, names: new Map(rows.map(({ id, name }) => [id, name])), volumes, networks };
}

export async function imagesOf(
  model: Model,
  containers: readonly Inspected[],
  { engine }: Pick<ActionContext, 'engine'>,
): Promise<Standing['images']> {
  const names = [...model.services.map(({ image }) => image), ...containers.map(({ Image }) => Image)];
  const images = await Promise.all(
    [...new Set(names)].map(async (name) => {
      let image = await engine.imageConfig(name);
      // A container that was made again of what it had written is of the image below that.
      while (image?.below) image = await engine.imageConfig(image.below);
      return [name, image] as const;
    }),
  );
  return new Map(images);
}

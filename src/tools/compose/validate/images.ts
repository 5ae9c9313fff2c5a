import type { Engine } from '../../../core/engine.ts';
import type { Published } from '../../../core/engine-objects.ts';
import { HomeostatError, asHomeostatError } from '../../../core/errors.ts';
import { isImageReference } from '../../../core/image-name.ts';
import { registryOf, tagged } from '../../docker/images/reference.ts';
import { type Mapping, type Place, isHidden, textOf, valueAt } from '../document/value.ts';
import { type Finding, finding } from '../resolve/problem.ts';
import { type Project, servicesOf } from '../resolve/project.ts';

/** What registries say of the names, as far as they were asked. */
export type AskRegistries = (names: readonly string[]) => Promise<ReadonlyMap<string, Published>>;

/** Most names that one validation asks for, how many side by side, and how long it waits for each. */
const MOST = 20;
const BESIDE = 5;
const EACH_MS = 3000;

/**
 * Asks only where images here have come from, and the engine's own registry: any other would be the file's word, and so
 * a way to send something out.
 */
export const registriesOf =
  ({ images }: Pick<Engine, 'images'>, eachMs = EACH_MS): AskRegistries =>
  async (names) => {
    const known = await knownTo(images);
    if (known instanceof HomeostatError)
      return new Map(names.map((name) => [name, { is: 'unknown', why: known.message }]));
    const answers = new Map<string, Published>();
    const open = [...names];
    const ask = async (): Promise<void> => {
      for (let name = open.shift(); name !== undefined; name = open.shift()) {
        const registry = registryOf(name);
        if (answers.size >= MOST) return;
        answers.set(name, notAsked(registry));
        if (known.has(registry)) answers.set(name, await answerOf(name, images, eachMs));
      }
    };
    await Promise.all(Array.from({ length: BESIDE }, ask));
    return answers;
  };

const HUB = registryOf('busybox');

/** The registries that images here are known by; under a card that names services nobody may ask. */
async function knownTo(images: Engine['images']): Promise<ReadonlySet<string> | HomeostatError> {
  try {
    return new Set([HUB, ...(await images.list()).flatMap(({ digests }) => digests.map(registryOf))]);
  } catch (error) {
    return asHomeostatError(error);
  }
}

const notAsked = (registry: string): Published => ({
  is: 'unknown',
  why: `${registry} was not asked, since nothing here has come from it`,
});

async function answerOf(name: string, images: Engine['images'], ms: number): Promise<Published> {
  try {
    return await images.published(tagged(name), ms);
  } catch (error) {
    return { is: 'unknown', why: asHomeostatError(error).message };
  }
}

interface Missing {
  readonly service: string;
  readonly image: string;
  readonly place: Place;
  readonly isBuilt: boolean;
}

/** Names that no engine takes for an image's; what a variable left of one is shown as it came out. */
export function checkImageNames(root: Mapping): Finding[] {
  return servicesOf(root).flatMap(([service, { value }]) => {
    const at = valueAt(value, ['image']);
    const image = textOf(at);
    if (at === undefined || image === undefined || isHidden(at) || isImageReference(image)) return [];
    if (image === '' && valueAt(value, ['build']) !== undefined) return [];
    const message = `${service}: ${JSON.stringify(image)} is no name of an image, so that it cannot start; one is like registry.example.com/shop/web:2, and only its tag has capitals.`;
    return [finding('image_invalid', 'error', at.place, message)];
  });
}

/** Images that are not here, with what their registries say of them. */
export async function missingImages(
  { root }: Project,
  engine: Pick<Engine, 'imageId'>,
  published: AskRegistries,
): Promise<Finding[]> {
  const wanted = servicesOf(root).flatMap(([service, { value }]): Missing[] => {
    const at = valueAt(value, ['image']);
    const image = textOf(at);
    if (at === undefined || image === undefined || !isImageReference(image) || isHidden(at)) return [];
    return [{ service, image, place: at.place, isBuilt: valueAt(value, ['build']) !== undefined }];
  });
  const names = [...new Set(wanted.map(({ image }) => image))];
  const ids = await Promise.all(names.map(async (name) => engine.imageId(name)));
  const absent = new Set(names.filter((_, at) => ids[at] === null));
  const missing = wanted.filter(({ image }) => absent.has(image));
  const asked = new Set(missing.filter(({ isBuilt }) => !isBuilt).map(({ image }) => image));
  const answers = asked.size === 0 ? new Map<string, Published>() : await published([...asked]);
  return missing.map((one) => told(one, answers.get(one.image)));
}

function told({ service, image, place, isBuilt }: Missing, answer: Published | undefined): Finding {
  const here = `${service}: ${image} is not here`;
  if (isBuilt) return finding('image_missing', 'note', place, `${here}; a deploy builds it.`);
  const fetches = 'a deploy with pull: true fetches it';
  if (answer?.is === 'there')
    return finding('image_missing', 'note', place, `${here}; its registry has it, so that ${fetches}.`);
  if (answer?.is === 'missing')
    return finding('image_missing', 'error', place, `${here}, and its registry does not have it either.`);
  const why = answer === undefined ? '' : ` Nobody knows whether one does: ${answer.why}.`;
  return finding('image_missing', 'warning', place, `${here}; ${fetches}, if a registry has it.${why}`);
}

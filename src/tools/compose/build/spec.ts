import { HomeostatError } from '../../../core/errors.ts';
import { type Value, entriesOf, textOf, valueAt } from '../document/value.ts';
import { namedMap } from '../resolve/short-forms.ts';
import type { Project } from '../resolve/project.ts';
import { givenFor, under } from '../resolve/reading.ts';

/** How a service's image is made, with everything filled in. */
export interface BuildSpec {
  /** Absolute path. */
  readonly folder: string;
  /** Absolute path; null where the file has its text. */
  readonly dockerfile: string | null;
  readonly inline: string | null;
  readonly args: Readonly<Record<string, string>>;
  readonly target: string | null;
  /** `none`, or null for the engine's own. */
  readonly network: 'none' | null;
}

const KNOWN = new Set(['context', 'dockerfile', 'dockerfile_inline', 'args', 'target', 'network']);
const REMOTE = /^(\w+:\/\/|git@|github\.com\/)/;

/** What a service's `build` says; null where it has none. Throws where it says what homeostat does not build. */
export function buildOf(name: string, service: Value, project: Project): BuildSpec | null {
  const build = valueAt(service, ['build']);
  if (build === undefined) return null;
  const odd = entriesOf(build).find(([key]) => !KNOWN.has(key) && !key.startsWith('x-'))?.[0];
  if (odd !== undefined) throw refused(name, `build.${odd}`);
  const text = textOf(build) ?? textOf(valueAt(build, ['context'])) ?? '.';
  if (REMOTE.test(text)) throw refused(name, `a build of ${text}`);
  const network = textOf(valueAt(build, ['network'])) ?? 'default';
  if (network !== 'default' && network !== 'none') throw refused(name, `build.network ${network}`);
  const folder = under(project.baseOf(build.place.file), text);
  const inline = textOf(valueAt(build, ['dockerfile_inline'])) ?? null;
  const file = textOf(valueAt(build, ['dockerfile'])) ?? 'Dockerfile';
  return {
    folder,
    dockerfile: inline === null ? under(folder, file) : null,
    inline,
    args: argsOf(valueAt(build, ['args']), project),
    target: textOf(valueAt(build, ['target'])) ?? null,
    network: network === 'none' ? 'none' : null,
  };
}

function argsOf(from: Value | undefined, { variablesOf }: Project): Record<string, string> {
  const args = from === undefined ? [] : entriesOf(namedMap(from));
  return Object.fromEntries(
    args.flatMap(([name, { value, place }]) => {
      const given = givenFor(name, value, variablesOf(place.file));
      return given === undefined ? [] : [[name, given.value]];
    }),
  );
}

const refused = (service: string, what: string): HomeostatError =>
  new HomeostatError('invalid_input', `${service}: ${what} is not built by homeostat`, {
    next: 'Build the image and name it under image, or leave that out.',
  });

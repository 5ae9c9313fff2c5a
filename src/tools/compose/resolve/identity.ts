import { portOf } from '../document/ports.ts';
import { type Path, type Value, isHidden, textOf, valueAt } from '../document/value.ts';
import { targetOf } from '../document/volumes.ts';
import { shapeOf } from './short-forms.ts';

/** What makes two items of a list one and the same, by where the list stands; null of what is never another's. */
export function identityAt(path: Path, item: Value): string | null {
  // Two hidden values look the same and need not be.
  if (isHidden(item)) return null;
  const own = OWN.get(shapeOf(path));
  if (own !== undefined) return own(item) ?? null;
  return textOf(item) ?? null;
}

type Identity = (item: Value) => string | undefined;

const partOf = (item: Value, name: string): string | undefined => textOf(valueAt(item, [name]));

/** As the port that it is in the long form: nowhere in particular is everywhere. */
const port: Identity = (item) => {
  const found = portOf(item);
  if (found === null) return undefined;
  const { address, published, target, protocol } = found;
  return [address || '0.0.0.0', published, target, protocol].join(' ');
};

const grantedIn =
  (folder: string): Identity =>
  (item) => {
    const name = textOf(item) ?? partOf(item, 'source');
    return partOf(item, 'target') ?? (name === undefined ? undefined : `${folder}/${name}`);
  };

const nameOf: Identity = (item) => textOf(item)?.split('=')[0];
const device: Identity = (item) => partOf(item, 'target') ?? textOf(item)?.split(':').slice(0, 2).at(-1);
const host: Identity = (item) => textOf(item)?.replace(/[=:]/, ':');

const OWN = new Map<string, Identity>([
  ['services.*.ports', port],
  ['services.*.volumes', targetOf],
  ['services.*.devices', device],
  ['services.*.secrets', grantedIn('/run/secrets')],
  ['services.*.configs', grantedIn('')],
  ['services.*.env_file', (item) => textOf(item) ?? partOf(item, 'path')],
  ['services.*.tmpfs', nameOf],
  ['services.*.extra_hosts', host],
  ['services.*.build.extra_hosts', host],
  ['networks.*.ipam.config', (item) => partOf(item, 'subnet')],
]);

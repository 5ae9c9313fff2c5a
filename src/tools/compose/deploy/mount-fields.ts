import type { Inspected } from '../../../core/engine.ts';
import type { Body, Model } from './model.ts';
import { bytesOf, nameIn, plainText, textsIn, textsOrOne, tidyPath } from './notation.ts';

/** What a volume is called that nobody named. */
export const NAMELESS = 'a volume without a name';
/** The engine's own name for it. */
const UNNAMED = /^[0-9a-f]{64}$/;
/** Words of a mount that the engine tells in the same way, or that mean nothing to it. */
const PLAIN_MODES = new Set(['rw', 'ro', 'z', 'Z', 'cached', 'delegated', 'consistent', '']);
const PLAIN_KEYS = new Set(['type', 'source', 'target', 'read_only', 'consistency']);
const SECRETS = '/run/secrets/';

interface Mounts {
  /** By target, what is mounted there. */
  readonly mounts: ReadonlyMap<string, string>;
  /** Targets where something stands that is not compared. */
  readonly open: readonly string[];
  /** What of it is not compared, as the file calls it. */
  readonly unread: readonly string[];
}

/** Each mount's target with what is mounted there, named volumes by the name that the engine knows them by. */
export function mountsOfService(body: Body, model: Model): Mounts {
  const mounts = new Map<string, string>();
  const unread: string[] = [];
  for (const one of textsAndMaps(body['volumes'])) {
    const { target, text, isWhole } = typeof one === 'string' ? short(one, model) : long(one, model);
    if (text !== null) mounts.set(target, text);
    if (!isWhole) unread.push(`volumes.${target}`);
  }
  const open: string[] = [];
  for (const one of textsAndMaps(body['secrets'])) {
    const { source = '', target = source } = (typeof one === 'string' ? { source: one } : one) as Names;
    const at = target.startsWith('/') ? target : `${SECRETS}${target}`;
    const file = sectionOf(model, 'secrets', source)?.['file'];
    if (typeof file === 'string') mounts.set(at, `${file} (read-only)`);
    else {
      open.push(at);
      unread.push(`secrets.${source}`);
    }
  }
  // Only later versions of Compose have them without a swarm.
  for (const one of textsAndMaps(body['configs'])) {
    const { source = '', target = `/${source}` } = (typeof one === 'string' ? { source: one } : one) as Names;
    open.push(target);
    unread.push(`configs.${source}`);
  }
  return { mounts, open, unread };
}

interface Names {
  readonly source?: string;
  readonly target?: string;
}

interface Mount {
  readonly target: string;
  /** Null where it is not compared at all. */
  readonly text: string | null;
  /** Whether the text tells all of it. */
  readonly isWhole: boolean;
}

function short(text: string, model: Model): Mount {
  const [source = '', target, mode = ''] = text.split(':');
  if (target === undefined) return { target: tidyPath(source) ?? '', text: NAMELESS, isWhole: true };
  const modes = mode.split(',');
  const from = source.startsWith('/') ? tidyPath(source) : nameIn('volumes', source, model);
  return {
    target: tidyPath(target) ?? '',
    text: `${from}${modes.includes('ro') ? READ_ONLY : ''}`,
    isWhole: modes.every((one) => PLAIN_MODES.has(one)),
  };
}

const READ_ONLY = ' (read-only)';

function long(mount: Body, model: Model): Mount {
  const { type, source, read_only } = mount;
  const target = tidyPath(mount['target']) ?? '';
  const isPlain = Object.entries(mount).every(([key, value]) => PLAIN_KEYS.has(key) || isNothing(value));
  const suffix = read_only === true ? READ_ONLY : '';
  const from = plainText(source);
  if (type === 'tmpfs') {
    const { size, mode } = (mount['tmpfs'] ?? {}) as Body;
    return { target, text: tmpfsText(bytesOf(size), suffix), isWhole: mode === undefined };
  }
  if (type === 'bind') return { target, text: `${tidyPath(from)}${suffix}`, isWhole: isPlain };
  if (type === 'volume' || type === undefined)
    return {
      target,
      text: `${from === null ? NAMELESS : nameIn('volumes', from, model)}${suffix}`,
      isWhole: isPlain,
    };
  return { target, text: null, isWhole: false };
}

const tmpfsText = (size: number | null, suffix: string): string =>
  `tmpfs${size === null || size === 0 ? '' : ` of ${size} bytes`}${suffix}`;

/** `bind: {create_host_path: true}` only says what is the case. */
const isNothing = (value: unknown): boolean =>
  typeof value === 'object' &&
  value !== null &&
  Object.entries(value).every(([key, inner]) => key === 'create_host_path' || inner === null);

/** The same of a container that stands. */
export function mountsOfContainer({ Mounts, HostConfig }: Inspected): Map<string, string> {
  const sizes = new Map(
    ((HostConfig['Mounts'] ?? []) as { Target?: string; TmpfsOptions?: { SizeBytes?: number } }[]).map(
      ({ Target = '', TmpfsOptions }) => [Target, TmpfsOptions?.SizeBytes ?? null],
    ),
  );
  return new Map(
    Mounts.map(({ Type, Name = '', Source = '', Destination, RW }): [string, string] => {
      const suffix = RW === false ? READ_ONLY : '';
      if (Type === 'tmpfs') return [Destination, tmpfsText(sizes.get(Destination) ?? null, suffix)];
      if (Type === 'volume') return [Destination, `${UNNAMED.test(Name) ? NAMELESS : Name}${suffix}`];
      return [Destination, `${Source}${suffix}`];
    }),
  );
}

const textsAndMaps = (value: unknown): (string | Body)[] =>
  Array.isArray(value)
    ? value.map((one: unknown) => (typeof one === 'object' && one !== null ? (one as Body) : String(one)))
    : [];

const sectionOf = (model: Model, section: string, key: string): Body | null | undefined =>
  ((model.sections[section] ?? {}) as Record<string, Body | null>)[key];

/** Folders in memory, each with its options. */
export const tmpfsOfService = (value: unknown): [path: string, options: string][] =>
  textsOrOne(value).map((text) => {
    const [, path = '', options = ''] = /^([^:]*):?(.*)$/s.exec(text) ?? [];
    return [tidyPath(path) ?? '', textsIn(options.split(',')).toSorted().join(',')];
  });

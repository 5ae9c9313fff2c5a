import { HomeostatError } from '../../../core/errors.ts';
import type { NetworkSpec } from '../../../core/engine-objects.ts';
import type { Difference } from './fields.ts';
import type { Body, Model } from './model.ts';
import { mountsOfService } from './mount-fields.ts';
import { networksOf } from './network-fields.ts';
import { flagOf, isExternal, nameIn, pairsOf, plainText } from './notation.ts';
import type { Shared } from './shared.ts';
import type { Standing } from './standing.ts';

/** A network or a volume that stands and is not what the files say. */
export interface Other extends Difference {
  readonly section: 'networks' | 'volumes';
  readonly name: string;
}

/** Where networks and volumes that the services use stand as others than the files say. */
export function otherDefinitions(model: Model, standing: Pick<Standing, 'networks' | 'volumes'>): Other[] {
  const used = new Set(model.services.flatMap((service) => networksOf(service, model).map(([name]) => name)));
  const own = (section: Other['section']): [name: string, body: Body][] =>
    Object.entries((model.sections[section] ?? {}) as Record<string, Body | null>)
      .filter(([, entry]) => !isExternal(entry))
      .map(([key, entry]) => [nameIn(section, key, model), entry ?? {}]);
  const networks = own('networks').flatMap(([name, body]) => {
    const found = standing.networks.find((one) => one.name === name);
    if (found?.network === undefined || !used.has(name)) return [];
    return others('networks', name, [...networkPairs(body, found.network), ...labelPairs(body, found)]);
  });
  const volumes = own('volumes').flatMap(([name, body]) => {
    const found = standing.volumes.find((one) => one.name === name);
    if (found === undefined) return [];
    const options = optionPairs(body['driver_opts'], found.options);
    return others('volumes', name, [
      ['driver', plainText(body['driver']), found.driver],
      ...options,
      ...labelPairs(body, found),
    ]);
  });
  return [...networks, ...volumes];
}

/** Throws where one that the services use is somebody else's to make, and is not there. */
function checkExternal(model: Model, standing: Pick<Standing, 'networks' | 'volumes'>): void {
  const used = {
    networks: model.services.flatMap((service) => networksOf(service, model).map(([name]) => name)),
    volumes: model.services.flatMap(({ body }) =>
      [...mountsOfService(body, model).mounts.values()].map((text) => text.replace(/ \(.*$/, '')),
    ),
  };
  for (const section of ['networks', 'volumes'] as const)
    for (const [key, entry] of Object.entries(
      (model.sections[section] ?? {}) as Record<string, Body | null>,
    )) {
      const name = nameIn(section, key, model);
      if (!isExternal(entry) || standing[section].some((one) => one.name === name)) continue;
      if (!used[section].includes(name)) continue;
      const kind = section.slice(0, -1);
      throw new HomeostatError(
        'compose_invalid',
        `${kind} ${name} is external and is not there, and Compose makes none (${kind}_missing)`,
        { next: `Make it first (create_${kind}), or take "external" out of the file.` },
      );
    }
}

/** Throws where Compose would have to make one anew: it refuses that, or leaves it as it is without a word. */
export function checkDefinitions(model: Model, standing: Pick<Standing, 'networks' | 'volumes'>): void {
  checkExternal(model, standing);
  const [first] = otherDefinitions(model, standing);
  if (first === undefined) return;
  const { section, name, key, file, runs } = first;
  const kind = section === 'networks' ? 'network' : 'volume';
  throw new HomeostatError(
    'compose_invalid',
    `${kind} ${name} stands with another ${key} (${runs ?? 'none'}) than the files say (${file ?? 'none'}), and one that stands is not changed (${kind}_changed)`,
    {
      next:
        kind === 'network'
          ? `Remove what uses it (verb: remove) and the network, then deploy; or give the new one another name.`
          : `Give the new one another name and bring over what it holds; or remove the volume with all that, then deploy.`,
    },
  );
}

type Pair = [key: string, file: string | null, runs: string | null];

/** A text of the file that is null does not speak of it. */
const others = (section: Other['section'], name: string, pairs: readonly Pair[]): Other[] =>
  pairs.flatMap(([key, file, runs]) =>
    file === null || file === runs ? [] : [{ section, name, key, file, runs }],
  );

function networkPairs(body: Body, found: NetworkSpec): Pair[] {
  const ipam = (body['ipam'] ?? {}) as { driver?: unknown; config?: Body[] };
  const stands = found.IPAM as { Driver?: string; Config?: Record<string, string>[] | null };
  const wanted = ipam.config ?? [];
  // The one that the file speaks of, wherever it stands in the engine's list.
  const pools = wanted.flatMap((pool): Pair[] => {
    const same = stands.Config?.find(({ Subnet }) => Subnet === pool['subnet']);
    if (pool['subnet'] !== undefined && same === undefined)
      return [
        ['subnet', plainText(pool['subnet']), (stands.Config ?? []).map(({ Subnet }) => Subnet).join(' ')],
      ];
    return [
      ['gateway', plainText(pool['gateway']), same?.['Gateway'] ?? null],
      ['ip_range', plainText(pool['ip_range']), same?.['IPRange'] ?? null],
    ];
  });
  return [
    ['driver', plainText(body['driver']), found.Driver],
    ['internal', flagOf(body['internal'] ?? false), String(found.Internal)],
    // Compose 1 makes every network attachable, whatever its file says.
    ['attachable', flagOf(body['attachable']) === 'true' ? 'true' : null, String(found.Attachable)],
    ['enable_ipv6', flagOf(body['enable_ipv6']), String(found.EnableIPv6)],
    ['ipam driver', plainText(ipam.driver), stands.Driver ?? null],
    ...pools,
    ...optionPairs(body['driver_opts'], found.Options),
  ];
}

/** What a label is that one side has and the other not; Compose's own are on all that it has made. */
function labelPairs(body: Body, { labels, project }: Shared): Pair[] {
  const wanted = new Map(pairsOf(body['labels']));
  // What somebody has made by hand may have labels that no file is to know.
  const stands = project === null ? [] : Object.keys(labels).filter((key) => !key.startsWith('com.docker.'));
  return [...new Set([...wanted.keys(), ...stands])].map((key) => [
    `label ${key}`,
    wanted.get(key) ?? NO_OPTION,
    labels[key] ?? NO_OPTION,
  ]);
}

/** What an option is that one side has and the other not. */
const NO_OPTION = 'none';

function optionPairs(said: unknown, found: Readonly<Record<string, string>>): Pair[] {
  const wanted = new Map(pairsOf(said));
  // Drivers note some of their own.
  const stands = Object.entries(found).filter(([key]) => wanted.has(key) || !key.startsWith('com.docker.'));
  const keys = new Set([...wanted.keys(), ...stands.map(([key]) => key)]);
  return [...keys].map((key) => [`option ${key}`, wanted.get(key) ?? NO_OPTION, found[key] ?? NO_OPTION]);
}

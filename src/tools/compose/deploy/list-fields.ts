import type { Body } from './model.ts';
import { pairsOf, plainText, textsIn, textsOrOne } from './notation.ts';

/** Lists and mappings of the file, each member by its own key where it has a name. */
export function setLists(body: Body, set: (key: string, value: unknown) => void): void {
  for (const key of ['cap_add', 'cap_drop']) set(key, capabilities(textsIn(body[key])));
  for (const key of ['group_add', 'device_cgroup_rules']) set(key, joined(textsIn(body[key]).toSorted()));
  for (const key of ['dns', 'dns_search', 'dns_opt']) set(key, joined(textsOrOne(body[key])));
  set('security_opt', joined(securityOptions(textsIn(body['security_opt']))));
  for (const [name, address] of pairsOf(body['extra_hosts'], ':='))
    set(`extra_hosts.${name}:${bareAddress(address)}`, 'known');
  for (const key of ['sysctls', 'storage_opt', 'annotations'])
    for (const [name, value] of pairsOf(body[key])) set(`${key}.${name}`, value);
  for (const [name, value] of Object.entries((body['ulimits'] ?? {}) as Body)) {
    const { soft, hard } = (typeof value === 'object' && value !== null ? value : {}) as Body;
    set(`ulimits.${name}`, `${plainText(soft ?? hard ?? value)}:${plainText(hard ?? soft ?? value)}`);
  }
  for (const device of devicesIn(body)) set(`devices.${device.target}`, `${device.source} ${device.how}`);
  const { driver, options } = (body['logging'] ?? {}) as Body;
  set('logging.driver', driver);
  for (const [name, value] of pairsOf(options)) set(`logging.${name}`, value);
  set('mac_address', plainText(body['mac_address'])?.toLowerCase());
}

export const joined = (texts: readonly string[]): string | null =>
  texts.length === 0 ? null : texts.join(' ');

export const capabilities = (names: readonly string[]): string | null =>
  joined(names.map((name) => name.toUpperCase().replace(/^CAP_/, '')).toSorted());

export const bareAddress = (address: string): string => address.replaceAll(/[[\]]/g, '');

/** Without profiles, of which the engine is told what they hold, and what it adds by itself. */
export const securityOptions = (texts: readonly string[]): string[] =>
  texts
    .map((text) => text.replace(/^([a-z-]+):/, '$1=').replace(/^no-new-privileges$/, '$&=true'))
    .filter((text) => text !== 'label=disable' && !isProfile(text))
    .toSorted();

export const isProfile = (text: string): boolean => /^seccomp=(?!unconfined$|builtin$)/.test(text);

interface Device {
  readonly source: string;
  readonly target: string;
  readonly how: string;
}

function devicesIn(body: Body): Device[] {
  return (Array.isArray(body['devices']) ? (body['devices'] as unknown[]) : []).flatMap((one): Device[] => {
    if (typeof one === 'object' && one !== null) {
      const { source, target, permissions } = one as Record<string, string | undefined>;
      return source === undefined ? [] : [{ source, target: target ?? source, how: permissions ?? 'rwm' }];
    }
    const [source = '', target = source, how = 'rwm'] = String(one).split(':');
    if (!source.startsWith('/')) return [];
    // `PATH:rw` has no target.
    return /^[rwm]{1,3}$/.test(target)
      ? [{ source, target: source, how: target }]
      : [{ source, target, how }];
  });
}

/** Billionths are no reading for people. */
export const shownSpan = (key: string, value: unknown): unknown =>
  key === 'retries' || typeof value !== 'number' ? value : `${value / 1e9}s`;

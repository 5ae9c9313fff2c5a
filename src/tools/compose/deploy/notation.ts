import type { Body, Model } from './model.ts';

/** A text, number or truth value as a text; null of anything else. */
export const plainText = (value: unknown): string | null =>
  typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? String(value) : null;

export const textsIn = (value: unknown): string[] => (Array.isArray(value) ? value.map(String) : []);

const UNITS: Record<string, number> = { '': 1, b: 1, k: 1 << 10, m: 1 << 20, g: 1 << 30 };

/** Bytes of `512m`, `1.5GB`; null of anything else. */
export function bytesOf(value: unknown): number | null {
  const [, count, unit = ''] = /^([\d.]+)\s*([bkmg])?b?$/i.exec(plainText(value) ?? '') ?? [];
  return count === undefined ? null : Math.floor(Number(count) * (UNITS[unit.toLowerCase()] ?? 1));
}

/** Billionths of a processor, as the engine counts them. */
export const cpusOf = (value: unknown): number | null =>
  value === undefined || value === null ? null : Math.round(Number(value) * 1e9);

/** A command as its words: a text is cut as a shell would, without filling anything in. */
export function wordsOf(value: unknown): string[] {
  if (Array.isArray(value)) return value.map(String);
  const words: string[] = [];
  for (const [whole] of String(value).matchAll(/(?:[^\s'"\\]|\\.|'[^']*'|"(?:[^"\\]|\\.)*")+/gs))
    words.push(
      whole.replaceAll(
        /'([^']*)'|"((?:[^"\\]|\\.)*)"|\\(.)/gs,
        (_, single?: string, double?: string, escaped?: string) =>
          single ?? double?.replaceAll(/\\(["\\$`])/g, '$1') ?? escaped ?? '',
      ),
    );
  return words;
}

const PORT =
  /^(?:(?<address>\[[^\]]*\]|[\d.]+):)?(?:(?<outer>[\d-]*):)?(?<inner>[\d-]+)(?:\/(?<protocol>\w+))?$/;

/** Published ports as `ADDRESS:PORT->PORT/PROTOCOL`; a range is told port by port. */
export function portFields(ports: unknown): string[] {
  return (Array.isArray(ports) ? ports : []).flatMap((port: unknown): string[] => {
    const { address = '', outer = '', inner = '', protocol = 'tcp' } = partsOf(port);
    const [froms, tos] = [numbersOf(outer), numbersOf(inner)];
    const bare = address.replaceAll(/[[\]]/g, '');
    const shown = bare === '0.0.0.0' || bare === '::' ? '' : bare;
    return tos.map((to, at) => `${shown}:${froms[at] ?? ''}->${to}/${protocol}`);
  });
}

function partsOf(port: unknown): Partial<Record<'address' | 'outer' | 'inner' | 'protocol', string>> {
  if (typeof port !== 'object' || port === null) return PORT.exec(String(port))?.groups ?? {};
  const { host_ip, published, target, protocol } = port as Body;
  const text = (value: unknown): string => plainText(value) ?? '';
  return {
    address: text(host_ip),
    outer: text(published),
    inner: text(target),
    protocol: text(protocol) || 'tcp',
  };
}

const MOST_PORTS = 1000;

function numbersOf(range: string): number[] {
  if (range === '') return [];
  const [from = 0, to = from] = range.split('-').map(Number);
  return Array.from({ length: Math.min(MOST_PORTS, to - from + 1) }, (_, at) => from + at);
}

/** Each mount's target with what is mounted there, named volumes by the name that the engine knows them by. */
export function mountFields(volumes: unknown, model: Model): [target: string, source: string][] {
  return (Array.isArray(volumes) ? volumes : []).flatMap((one: unknown): [string, string][] => {
    if (typeof one === 'object' && one !== null) {
      const { type, source, target, read_only } = one as Record<string, string | boolean | undefined>;
      if (type === 'tmpfs' || source === undefined) return [];
      const from = type === 'bind' ? String(source) : volumeName(String(source), model);
      return [[String(target), `${from}${read_only === true ? ' (read-only)' : ''}`]];
    }
    const [source = '', target, mode = ''] = String(one).split(':');
    if (target === undefined) return [];
    const from = source.startsWith('/') ? source : volumeName(source, model);
    return [[target, `${from}${mode.split(',').includes('ro') ? ' (read-only)' : ''}`]];
  });
}

/** What Compose calls a volume or a network of a project in the engine. */
export function nameIn(section: 'volumes' | 'networks', key: string, model: Model): string {
  const entry = ((model.sections[section] ?? {}) as Record<string, Body | null>)[key];
  if (typeof entry?.['name'] === 'string') return entry['name'];
  const { external } = entry ?? {};
  const named = (external as { name?: unknown } | undefined)?.name;
  if (typeof named === 'string') return named;
  return isExternal(entry) ? key : `${model.project}_${key}`;
}

export const isExternal = (entry: Body | null | undefined): boolean =>
  entry?.['external'] !== undefined && entry['external'] !== false && entry['external'] !== 'false';

const volumeName = (key: string, model: Model): string => nameIn('volumes', key, model);

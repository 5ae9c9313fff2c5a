import { posix } from 'node:path';
import type { Body, Model } from './model.ts';

const { normalize } = posix;

/** A text, number or truth value as a text; null of anything else. */
export const plainText = (value: unknown): string | null =>
  typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? String(value) : null;

export const textsIn = (value: unknown): string[] => (Array.isArray(value) ? value.map(String) : []);

/** The same of what may be a list or one text. */
export const textsOrOne = (value: unknown): string[] =>
  typeof value === 'string' ? [value] : textsIn(value);

const UNITS: Record<string, number> = { '': 1, b: 1, k: 1 << 10, m: 1 << 20, g: 1 << 30 };

/** Bytes of `512m`, `1.5GB`; null of anything else. */
export function bytesOf(value: unknown): number | null {
  const [, count, unit = ''] = /^([\d.]+)\s*([bkmg])?b?$/i.exec(plainText(value) ?? '') ?? [];
  return count === undefined ? null : Math.floor(Number(count) * (UNITS[unit.toLowerCase()] ?? 1));
}

const NANOSECONDS: Record<string, number> = { h: 3.6e12, m: 6e10, s: 1e9, ms: 1e6, us: 1e3, µs: 1e3, ns: 1 };
const SPAN = /([\d.]+)(h|ms|m|s|us|µs|ns)/g;

/** Billionths of a second of `1m30s`, as the engine counts them; null of anything else. */
export function nanosecondsOf(value: unknown): number | null {
  const text = (plainText(value) ?? '').trim();
  if (!/^([\d.]+(h|ms|m|s|us|µs|ns))+$/.test(text)) return null;
  const parts = [...text.matchAll(SPAN)];
  return Math.round(
    parts.reduce((sum, [, count, unit = '']) => sum + Number(count) * (NANOSECONDS[unit] ?? 0), 0),
  );
}

export function secondsOf(value: unknown): number | null {
  const nanoseconds = nanosecondsOf(value);
  return nanoseconds === null ? null : Math.floor(nanoseconds / 1e9);
}

/** A truth value as the engine says it; a program's path, as `init` once took one, is a yes. */
export const flagOf = (value: unknown): string | null => {
  const text = plainText(value);
  return text === null ? null : String(!['false', '', 'no', 'off'].includes(text));
};

/** A path as the engine keeps it: without doubled or last slashes. */
export const tidyPath = (value: unknown): string | null => {
  const text = plainText(value);
  return text === null || text === '' ? text : normalize(text).replace(/(?<=.)\/$/, '');
};

/** A list, or a mapping written as a list of `key=value`. */
export function pairsOf(value: unknown, sign = '='): [key: string, value: string][] {
  if (Array.isArray(value))
    return value.map((one) => {
      const [, key = '', text = ''] =
        new RegExp(`^([^${sign}]*)(?:[${sign}](.*))?$`, 's').exec(String(one)) ?? [];
      return [key, text];
    });
  return Object.entries((value ?? {}) as Body).flatMap(([key, one]): [string, string][] =>
    (Array.isArray(one) ? one : [one]).map((text) => [key, plainText(text) ?? '']),
  );
}

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
  /^(?:(?<address>\[[^\]]*\]|\d+(?:\.\d+){3}):)?(?:(?<outer>[\d-]*):)?(?<inner>[\d-]+)(?:\/(?<protocol>\w+))?$/;

/** Published ports as `ADDRESS:PORT->PORT/PROTOCOL`; a range is told port by port. */
export function portFields(ports: unknown): string[] {
  return (Array.isArray(ports) ? ports : []).flatMap((port: unknown): string[] => {
    const { address = '', outer = '', inner = '', protocol = 'tcp' } = partsOf(port);
    const [froms, tos] = [numbersOf(outer), numbersOf(inner)];
    const bare = address.replaceAll(/[[\]]/g, '');
    const shown = bare === '0.0.0.0' || bare === '::' ? '' : bare;
    // Of several for one the engine takes any that is free.
    if (tos.length === 1 && froms.length > 1) return [`${shown}:${outer}->${inner}/${protocol}`];
    return tos.map((to, at) => `${shown}:${froms[at] ?? ''}->${to}/${protocol}`);
  });
}

/** Ports that a container says it listens at: those that are published, and those for its neighbours. */
export function exposedPorts({ ports, expose }: Body): string[] {
  const published = portFields(ports).map((port) => port.replace(/^.*->/, ''));
  const own = textsIn(expose).flatMap((one) => {
    const [range = '', protocol = 'tcp'] = one.split('/');
    return numbersOf(range).map((port) => `${port}/${protocol}`);
  });
  return [...published, ...own];
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

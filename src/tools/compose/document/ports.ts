import { type Value, textOf, valueAt } from './value.ts';

/** A published port, its parts as they are written; empty where they are left to the engine. */
export interface Port {
  readonly address: string;
  readonly published: string;
  readonly target: string;
  readonly protocol: string;
}

/** `[ADDRESS:][PUBLISHED:]TARGET[/PROTOCOL]` or the long form; null of anything else. */
export function portOf(value: Value): Port | null {
  if (value.kind === 'map') {
    const part = (name: string): string => textOf(valueAt(value, [name])) ?? '';
    return {
      address: part('host_ip'),
      published: part('published'),
      target: part('target'),
      protocol: part('protocol') || 'tcp',
    };
  }
  const text = textOf(value);
  if (text === undefined) return null;
  const [, address = '', published = '', target = '', protocol = 'tcp'] =
    /^(?:(\[[^\]]*\]|[^:[\]]*):)??(?:([^:]*):)?([^:/]+)(?:\/(\w+))?$/.exec(text) ?? [];
  return target === '' ? null : { address: address.replaceAll(/[[\]]/g, ''), published, target, protocol };
}

/** Every port from the first to the last of `8000-8010`; null of what is no number. */
export function rangeOf(text: string): { from: number; to: number } | null {
  const [, from, to] = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(text) ?? [];
  return from === undefined ? null : { from: Number(from), to: Number(to ?? from) };
}

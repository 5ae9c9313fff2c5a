/** What a label says to Traefik: a key of a router, service or middleware of one protocol. */
export interface Routing {
  readonly protocol: Protocol;
  readonly kind: 'routers' | 'services' | 'middlewares';
  readonly name: string;
  /** In small letters: Traefik does not tell them apart. */
  readonly key: string;
}

export const PROTOCOLS = ['http', 'tcp', 'udp'] as const;
export type Protocol = (typeof PROTOCOLS)[number];

/** Null of a label that is none of these. */
export function routingOf(label: string): Routing | null {
  const [, protocol, kind, name, key] =
    /^traefik\.(http|tcp|udp)\.(routers|services|middlewares)\.([^.]+)\.(.+)$/i.exec(label) ?? [];
  if (name === undefined || key === undefined) return null;
  return {
    protocol: protocol?.toLowerCase() as Protocol,
    kind: kind?.toLowerCase() as Routing['kind'],
    name,
    key: key.toLowerCase(),
  };
}

export const isEnable = (label: string): boolean => label.toLowerCase() === 'traefik.enable';
export const isTraefik = (label: string): boolean => /^traefik\./i.test(label);

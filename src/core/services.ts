import type { Config } from './config.ts';

/** Services that much else rests on, unless a person takes the list away. */
const USUAL = ['traefik', 'postgres', 'redis'];

/** The services that nobody stops or removes without a person who was told their names. */
export const protectedServices = ({
  protected: { services, usual_services },
}: Pick<Config, 'protected'>): string[] => [...new Set([...(usual_services ? USUAL : []), ...services])];

const parts = (text: string): string => text.split(/[-_./:@=,]/).join(' ');

const wordOf = (service: string): RegExp =>
  new RegExp(`(^| )${parts(service).replaceAll(/[\\^$*+?()[\]{}|]/g, '\\$&')}( |$)`, 'i');

/** Whether a text names a service, as such or within another name: `postgres`, `shop-postgres-1`, `--scale=postgres=0`. */
export const namesService = (text: string, service: string): boolean => wordOf(service).test(parts(text));

/** Whether one of these names is, or has in it, that of a protected service. */
export const namesProtected = (names: readonly string[], config: Pick<Config, 'protected'>): boolean =>
  protectedServices(config).some((service) => names.some((name) => namesService(name, service)));

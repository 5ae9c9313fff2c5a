import type { Config } from './config.ts';

/** Services that much else rests on, unless a person takes the list away. */
const USUAL = ['traefik', 'postgres', 'redis'];

/** The services that nobody stops or removes without a person who was told their names. */
export const protectedServices = ({
  protected: { services, usual_services },
}: Pick<Config, 'protected'>): string[] => [...new Set([...(usual_services ? USUAL : []), ...services])];

/** Names that people give a service's containers, and others' as well. */
const PERHAPS: Readonly<Record<string, readonly string[]>> = {
  postgres: ['db', 'database', 'pg', 'pgsql', 'postgresql', 'postgis'],
};

/** Whether a container's name is one that people give a service's, without saying which it is: `shop_db_1`. */
export const mayBeService = (name: string, service: string): boolean =>
  (PERHAPS[service] ?? []).some((one) => wordOf(one).test(parts(name)));

const parts = (text: string): string => text.split(/[-_./:@=,]/).join(' ');

/** With or without a version behind it. */
const wordOf = (service: string): RegExp =>
  new RegExp(`(^| )${parts(service).replaceAll(/[\\^$*+?()[\]{}|]/g, '\\$&')}\\d*( |$)`, 'i');

/** Whether a text names a service, as such or within another name: `postgres16`, `shop-postgres-1`, `--scale=postgres=0`. */
export const namesService = (text: string, service: string): boolean => wordOf(service).test(parts(text));

/** Whether one of these names is, or has in it, that of a protected service. */
export const namesProtected = (names: readonly string[], config: Pick<Config, 'protected'>): boolean =>
  protectedServices(config).some((service) => names.some((name) => namesService(name, service)));

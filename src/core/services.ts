const parts = (text: string): string => text.split(/[-_./:@]/).join(' ');

const wordOf = (service: string): RegExp =>
  new RegExp(`(^| )${parts(service).replaceAll(/[\\^$*+?()[\]{}|]/g, '\\$&')}( |$)`, 'i');

/** Whether a text names a service, as such or within a container's or a unit's name: `postgres`, `shop-postgres-1`. */
export const namesService = (text: string, service: string): boolean => wordOf(service).test(parts(text));

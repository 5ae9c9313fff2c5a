import type Docker from 'dockerode';

/** Does something with a connected engine; what goes wrong there is told in homeostat's words. */
export type Ask = <T>(work: (docker: Docker) => Promise<T>) => Promise<T>;

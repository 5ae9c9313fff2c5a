import type Docker from 'dockerode';

/**
 * Does something with a connected engine; what goes wrong there is told in homeostat's words. One that says nothing for
 * a minute is given up, but for what takes as `long` as it takes.
 */
export type Ask = <T>(work: (docker: Docker) => Promise<T>, takes?: 'long') => Promise<T>;

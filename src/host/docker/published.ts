import { setTimeout as sleep } from 'node:timers/promises';
import type Docker from 'dockerode';
import type { Published } from '../../core/engine-objects.ts';
import { NOT_FOUND, isStatus } from './errors.ts';
import { imagePath } from './names.ts';

/** What registries say of a name that they do not have; most say the same of one that takes a login. */
const MISSING = /manifest unknown|name unknown|repository name not known|no such manifest/i;

/** A registry's word on a name. The engine's interface cannot be told to stop asking, so that it is no longer waited for. */
export async function published(to: Docker, name: string, ms: number): Promise<Published> {
  const late = new AbortController();
  const over = sleep(ms, null, { signal: late.signal }).catch(() => null);
  try {
    return (
      (await Promise.race([asked(to, name), over])) ?? { is: 'unknown', why: 'it did not answer in time' }
    );
  } finally {
    late.abort();
  }
}

async function asked(to: Docker, name: string): Promise<Published> {
  try {
    await to.getImage(imagePath(name)).distribution();
    return { is: 'there', why: '' };
  } catch (error) {
    const { statusCode, json, message } = error as Error & {
      statusCode?: number;
      json?: { message?: string };
    };
    // Then it is the engine that is not reached.
    if (statusCode === undefined) throw error;
    const why = json?.message ?? message;
    return { is: isStatus(error, NOT_FOUND) || MISSING.test(why) ? 'missing' : 'unknown', why };
  }
}

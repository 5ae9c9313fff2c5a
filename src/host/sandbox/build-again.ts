import { HomeostatError } from '../../core/errors.ts';

/** Sockets that come and go faster than a box is built keep it from being built, and nothing runs. */
const ATTEMPTS = 8;

/** The box could not be built, so that nothing has run in it. */
export class NotBuilt extends HomeostatError {
  constructor(message: string) {
    super('unsafe_root', message);
  }
}

/**
 * Builds a box anew where it could not be built: what stood in the way may be gone. A socket that was to be hidden, and
 * that is removed before it is, is no place any more to mount something at.
 */
export async function buildAgain<T>(build: () => Promise<T>, signal?: AbortSignal): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await build();
    } catch (error) {
      if (!(error instanceof NotBuilt) || attempt === ATTEMPTS || signal?.aborted === true) throw error;
    }
  }
}

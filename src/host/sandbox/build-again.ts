import { HomeostatError } from '../../core/errors.ts';

/** Sockets that come and go faster than a box is built keep it from being built, and nothing runs. */
const ATTEMPTS = 12;

/** The box could not be built, so that nothing has run in it. */
export class NotBuilt extends HomeostatError {
  /** Whether its overlays stood, and only what was to be hidden or shown in it was in the way. */
  readonly overlaid: boolean;

  constructor(what: string, said: string) {
    super('unsafe_root', `the sandbox over ${what} could not be built: ${said}`);
    this.overlaid = said.startsWith('bwrap: ');
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
      if (!(error instanceof NotBuilt && error.overlaid) || attempt === ATTEMPTS || signal?.aborted === true)
        throw error;
    }
  }
}

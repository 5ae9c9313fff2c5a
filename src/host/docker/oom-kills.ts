import type { Readable } from 'node:stream';
import { createInterface } from 'node:readline';
import type Docker from 'dockerode';

const FILTERS = { type: ['container' as const], event: ['oom'] };

/** Tells the id of a container each time that memory ran out in it, until the engine or the signal ends it. */
export async function oomKills(to: Docker, tell: (id: string) => void, signal: AbortSignal): Promise<void> {
  const stream = (await to.getEvents({
    filters: FILTERS,
    abortSignal: signal,
  } as object)) as unknown as Readable;
  const end = (): void => void stream.destroy();
  signal.addEventListener('abort', end);
  // A connection that breaks ends it like any other end.
  stream.on('error', end);
  try {
    for await (const line of createInterface({ input: stream })) {
      const { Actor } = JSON.parse(line) as { readonly Actor?: { readonly ID?: string } };
      if (Actor?.ID !== undefined) tell(Actor.ID);
    }
  } finally {
    signal.removeEventListener('abort', end);
    stream.destroy();
  }
}

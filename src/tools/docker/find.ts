import type { Engine, Inspected } from '../../core/engine.ts';
import { HomeostatError } from '../../core/errors.ts';

/** Null where no container has that name or id. */
export async function find(engine: Engine, container: string): Promise<Inspected | null> {
  try {
    return await engine.inspect(container);
  } catch (error) {
    if (error instanceof HomeostatError && error.code === 'not_found') return null;
    throw error;
  }
}

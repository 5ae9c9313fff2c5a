import type { Statements } from './database.ts';

/** Circuit breakers by tool and resource; the state is the text that cockatiel gives of one, null of one at rest. */
export interface BreakerStore {
  get(tool: string, resource: string): string | null;
  /** Writes where it still is as it was; false where another process was first. */
  change(tool: string, resource: string, was: string | null, is: string | null): boolean;
}

export function breakerStore(db: Statements): BreakerStore {
  const get = (tool: string, resource: string): string | null =>
    db
      .prepare<[string, string], { state: string }>(
        'SELECT state FROM breakers WHERE tool = ? AND resource = ?',
      )
      .get(tool, resource)?.state ?? null;
  return {
    get,
    change(tool, resource, was, is) {
      if (get(tool, resource) !== was) return false;
      if (is === null) db.prepare('DELETE FROM breakers WHERE tool = ? AND resource = ?').run(tool, resource);
      else
        db.prepare('INSERT OR REPLACE INTO breakers (tool, resource, state) VALUES (?, ?, ?)').run(
          tool,
          resource,
          is,
        );
      return true;
    },
  };
}

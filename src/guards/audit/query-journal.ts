import type { AuditEntry } from '../../store/audit.ts';
import type { Store } from '../../store/store.ts';

const FLUSH_MS = 250;
const MOST = 200;

/** Records of queries, written in batches: at most a quarter of a second late, and always before a later action. */
export interface QueryJournal {
  add(entry: AuditEntry): void;
  flush(): void;
  close(): void;
}

export function queryJournal(store: Store): QueryJournal {
  let waiting: AuditEntry[] = [];
  let timer: NodeJS.Timeout | undefined;
  const flush = (): void => {
    clearTimeout(timer);
    timer = undefined;
    if (waiting.length === 0) return;
    const batch = waiting;
    store.write(() => {
      for (const entry of batch) store.audit.append(entry);
    });
    waiting = waiting.slice(batch.length);
  };
  return {
    add(entry) {
      waiting.push(entry);
      if (waiting.length >= MOST) return flush();
      timer ??= setTimeout(() => {
        try {
          flush();
        } catch {
          // They stay waiting; the next call meets the same error and reports it.
          timer = undefined;
        }
      }, FLUSH_MS);
    },
    flush,
    close: flush,
  };
}

import type { ProcessEnd } from '../core/processes.ts';
import type { Statements } from './database.ts';

/** A process that was started to go on, by the action that started it. */
export interface LongRunningRow {
  readonly id: string;
  readonly name: string;
  readonly agent: string;
  readonly command: string;
  readonly cwd: string;
  readonly network: boolean;
  readonly writes: readonly string[];
  /** The server that it ends with. */
  readonly owner: string;
  readonly started_ms: number;
  /** Who asked for its end. */
  readonly stopped_by: string | null;
  readonly ended_ms: number | null;
  readonly how: ProcessEnd | null;
  readonly exit_code: number | null;
}

type Raw = Omit<LongRunningRow, 'network' | 'writes'> & { network: number; writes: string };

export interface LongRunning {
  insert(row: LongRunningRow): void;
  get(id: string): LongRunningRow | null;
  /** The newest first. */
  all(): LongRunningRow[];
  askToEnd(id: string, by: string): void;
  end(id: string, end: Pick<LongRunningRow, 'ended_ms' | 'how' | 'exit_code'>): void;
  remove(id: string): void;
}

export function longRunning(db: Statements): LongRunning {
  const read = (raw: Raw): LongRunningRow => ({
    ...raw,
    network: raw.network === 1,
    writes: JSON.parse(raw.writes) as string[],
  });
  return {
    insert: (row) =>
      void db
        .prepare(
          `INSERT INTO long_running (id, name, agent, command, cwd, network, writes, owner, started_ms)
           VALUES (@id, @name, @agent, @command, @cwd, @network, @writes, @owner, @started_ms)`,
        )
        .run({ ...row, network: Number(row.network), writes: JSON.stringify(row.writes) }),
    get(id) {
      const raw = db.prepare<[string], Raw>('SELECT * FROM long_running WHERE id = ?').get(id);
      return raw === undefined ? null : read(raw);
    },
    all: () =>
      db
        .prepare<[], Raw>('SELECT * FROM long_running ORDER BY started_ms DESC, id')
        .all()
        .map((raw) => read(raw)),
    askToEnd: (id, by) => void db.prepare('UPDATE long_running SET stopped_by = ? WHERE id = ?').run(by, id),
    end: (id, end) =>
      void db
        .prepare(
          'UPDATE long_running SET ended_ms = @ended_ms, how = @how, exit_code = @exit_code WHERE id = @id',
        )
        .run({ ...end, id }),
    remove: (id) => void db.prepare('DELETE FROM long_running WHERE id = ?').run(id),
  };
}

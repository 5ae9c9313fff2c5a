import type { Judgement } from '../core/judgement.ts';
import type { Workspace } from '../core/principal.ts';
import type { Statements } from './database.ts';

/** All times that one action was judged, in order; kept also of one that was refused. */
export interface JudgementRow {
  readonly action_id: string;
  readonly at_ms: number;
  readonly tool: string;
  readonly agent: string;
  readonly card: string | null;
  readonly workspace: Workspace;
  readonly resources: readonly string[];
  readonly summary: string;
  readonly steps: readonly Judgement[];
}

type Raw = Omit<JudgementRow, 'workspace' | 'resources' | 'steps'> &
  Record<'workspace' | 'resources' | 'steps', string>;

export interface JudgementStore {
  /** Writes those of an action, or adds to them. */
  put(row: JudgementRow): void;
  get(actionId: string): JudgementRow | null;
  /** The oldest first. */
  since(fromMs: number): Iterable<JudgementRow>;
}

export function judgementStore(db: Statements): JudgementStore {
  const read = (raw: Raw): JudgementRow => ({
    ...raw,
    workspace: JSON.parse(raw.workspace) as Workspace,
    resources: JSON.parse(raw.resources) as string[],
    steps: JSON.parse(raw.steps) as Judgement[],
  });
  const get = (actionId: string): JudgementRow | null => {
    const raw = db.prepare<[string], Raw>('SELECT * FROM judgements WHERE action_id = ?').get(actionId);
    return raw === undefined ? null : read(raw);
  };
  return {
    get,
    put: (row) =>
      void db
        .prepare(
          `INSERT INTO judgements (action_id, at_ms, tool, agent, card, workspace, resources, summary, steps)
           VALUES (@action_id, @at_ms, @tool, @agent, @card, @workspace, @resources, @summary, @steps)
           ON CONFLICT (action_id) DO UPDATE SET steps = excluded.steps, summary = excluded.summary`,
        )
        .run({
          ...row,
          workspace: JSON.stringify(row.workspace),
          resources: JSON.stringify(row.resources),
          steps: JSON.stringify(row.steps),
        }),
    since: function* (fromMs) {
      const rows = db.prepare<[number], Raw>('SELECT * FROM judgements WHERE at_ms >= ? ORDER BY at_ms');
      for (const raw of rows.iterate(fromMs)) yield read(raw);
    },
  };
}

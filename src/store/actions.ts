import type { Effects } from '../core/effects.ts';
import type { ErrorBody } from '../core/errors.ts';
import type { ActionReport, Decision, Outcome } from '../core/outcome.ts';
import type { Principal, Workspace } from '../core/principal.ts';
import type { Risk } from '../core/risk.ts';
import { type Apart, type Reference, referenceIn } from './apart.ts';
import type { Statements } from './database.ts';

/** How far an action has come; only `held` survives its process unfinished. `reaching`: its stage reaches the world. */
export type Phase = 'intended' | 'reaching' | 'held' | 'committing' | 'finished';

/** What of a held action may hold secrets, as it was given and worked out. */
export type HeldParts = Pick<ActionRow, 'input' | 'stage' | 'effects' | 'risk' | 'summary' | 'reason'>;

/**
 * An action as it is stored. What of one that is held may hold secrets lies apart from the
 * database, since nothing is masked in it; input and stage are dropped when it is finished.
 */
export interface ActionRow {
  readonly id: string;
  readonly tool: string;
  readonly agent: string;
  readonly principal: Principal;
  readonly workspace: Workspace;
  readonly reason: string;
  readonly summary: string;
  readonly dry_run: boolean;
  readonly input: unknown;
  readonly request_digest: string;
  readonly resources: readonly string[];
  readonly risk: Risk;
  readonly decision: Decision;
  readonly phase: Phase;
  readonly stage: unknown;
  readonly effects: Effects | null;
  readonly outcome: Outcome | null;
  readonly error: ErrorBody | null;
  readonly report: ActionReport | null;
  readonly undoes: string | null;
  readonly owner: string;
  readonly created_ms: number;
  readonly finished_ms: number | null;
}

/** What a card's limits count of an action. */
export interface UnderCard {
  readonly id: string;
  readonly user: string;
  readonly run: string | null;
  readonly score: number;
  readonly created_ms: number;
}

const JSON_COLUMNS = [
  'principal',
  'workspace',
  'input',
  'resources',
  'risk',
  'decision',
  'stage',
  'effects',
  'error',
  'report',
] as const;

type Patch = Partial<Omit<ActionRow, 'id'>>;
type Raw = Record<string, string | number | null>;

export interface ActionStore {
  insert(row: ActionRow): void;
  update(id: string, patch: Patch): void;
  /** What is held lies apart as it is; the row has `shown` in its place. */
  hold(id: string, held: HeldParts, shown: Patch): void;
  get(id: string): ActionRow | null;
  /** Names of what lies apart. */
  apart(): string[];
  unfinished(): ActionRow[];
  /** Those but for one that changed something and ended well since then. */
  succeededSince(fromMs: number, except: string): ActionRow[];
  /** The agent's actions of that time that got past admission. */
  countBetween(agent: string, fromMs: number, untilMs: number): number;
  /** What agents under a card were let do in that time, dry runs and their own undos left out. */
  underCard(card: string, fromMs: number, untilMs: number): UnderCard[];
  /** Another text with each action that begins or ends. */
  pulse(): string;
  /** The newest actions with this request that were finished by then, newest first. */
  lastWithDigest(digest: string, untilMs: number, limit: number): ActionRow[];
  /**
   * Forgets stages of finished actions that are older, all but the newest `keep` of them, and those with which they would
   * have more bytes together; of these the newest stays.
   */
  forgetStages(limits: { readonly beforeMs: number; readonly keep: number; readonly bytes: number }): void;
  /** Whether a stage of a finished action is kept. */
  keepsStages(): boolean;
  /** The id of the successful action that undid this one and is not itself undone. */
  undoneBy(id: string): string | null;
}

export function actionStore(db: Statements, apart: Apart): ActionStore {
  const all = (sql: string, ...values: unknown[]): ActionRow[] =>
    db
      .prepare<unknown[], Raw>(sql)
      .all(...values)
      .map((raw) => fromRaw(raw, apart));
  const referenceOf = (id: string): Reference | null => {
    const row = db
      .prepare<[string], { input: string | null }>('SELECT input FROM actions WHERE id = ?')
      .get(id);
    return row?.input == null ? null : referenceIn(JSON.parse(row.input));
  };
  const update = (id: string, patch: Patch): void => {
    const before = patch.input === undefined ? null : referenceOf(id);
    const raw = toRaw(patch);
    const set = Object.keys(raw).map((n) => `${n} = @${n}`);
    db.prepare(`UPDATE actions SET ${set.join(', ')} WHERE id = @id`).run({ ...raw, id });
    if (before !== null) apart.drop(before);
  };
  const undoneBy = (id: string): string | null =>
    db
      .prepare<[string], { id: string }>(
        "SELECT id FROM actions WHERE undoes = ? AND outcome = 'succeeded' AND dry_run = 0",
      )
      .all(id)
      .find((row) => undoneBy(row.id) === null)?.id ?? null;
  return {
    insert(row) {
      const raw = toRaw(row);
      const names = Object.keys(raw);
      db.prepare(
        `INSERT INTO actions (${names.join(', ')}) VALUES (${names.map((n) => `@${n}`).join(', ')})`,
      ).run(raw);
    },
    update,
    hold(id, held, shown) {
      update(id, { ...shown, phase: 'held', input: apart.put(id, held), stage: null, effects: null });
    },
    get: (id) => all('SELECT * FROM actions WHERE id = ?', id)[0] ?? null,
    apart: () =>
      db
        .prepare<[], { name: string }>(
          "SELECT input ->> 'apart' AS name FROM actions WHERE input ->> 'apart' IS NOT NULL",
        )
        .all()
        .map(({ name }) => name),
    unfinished: () => all("SELECT * FROM actions WHERE phase <> 'finished'"),
    succeededSince: (fromMs, except) =>
      all(
        "SELECT * FROM actions WHERE finished_ms >= ? AND id <> ? AND outcome = 'succeeded' AND dry_run = 0",
        fromMs,
        except,
      ),
    countBetween: (agent, fromMs, untilMs) =>
      db
        .prepare<[number, number, string], { n: number }>(
          'SELECT count(*) AS n FROM actions WHERE created_ms > ? AND created_ms < ? AND agent = ?',
        )
        .get(fromMs, untilMs, agent)?.n ?? 0,
    underCard: (card, fromMs, untilMs) =>
      db
        .prepare<[string, string, number, number], UnderCard>(
          // `@` stands between a card and the rest of an agent's name, and A follows it.
          `SELECT id, principal ->> 'user' AS user, principal ->> 'run' AS run, risk ->> 'score' AS score, created_ms
           FROM actions AS a WHERE agent > ? AND agent < ? AND created_ms > ? AND created_ms < ? AND dry_run = 0
             AND NOT EXISTS (
               SELECT 1 FROM actions AS b WHERE b.id = a.undoes AND b.agent = a.agent AND b.undoes IS NULL)`,
        )
        .all(`${card}@`, `${card}A`, fromMs, untilMs),
    pulse: () =>
      JSON.stringify(
        db
          .prepare('SELECT count(*) AS n, max(created_ms) AS begun, max(finished_ms) AS ended FROM actions')
          .get(),
      ),
    lastWithDigest: (digest, untilMs, limit) =>
      all(
        `SELECT * FROM actions WHERE request_digest = ? AND phase = 'finished' AND finished_ms < ?
         ORDER BY finished_ms DESC LIMIT ?`,
        digest,
        untilMs,
        limit,
      ),
    forgetStages(limits) {
      db.prepare(
        `UPDATE actions SET stage = NULL WHERE id IN (
           SELECT id FROM (
             SELECT id, finished_ms, row_number() OVER newer AS place, sum(bytes) OVER newer AS taken
             FROM (
               SELECT id, finished_ms,
                 (SELECT total(value ->> '$.bytes') FROM json_each(effects, '$.changes')) AS bytes
               FROM actions WHERE phase = 'finished' AND stage IS NOT NULL
             ) WINDOW newer AS (ORDER BY finished_ms DESC, id DESC)
           ) WHERE finished_ms < @beforeMs OR place > @keep OR (place > 1 AND taken > @bytes))`,
      ).run(limits);
    },
    keepsStages: () =>
      db.prepare("SELECT 1 FROM actions WHERE phase = 'finished' AND stage IS NOT NULL LIMIT 1").get() !==
      undefined,
    undoneBy,
  };
}

const NOTHING = { input: null, stage: null, effects: null };

function toRaw(row: Patch): Raw {
  const raw: Raw = {};
  for (const [name, value] of Object.entries(row)) {
    const asJson = (JSON_COLUMNS as readonly string[]).includes(name) && value !== null;
    if (asJson) raw[name] = JSON.stringify(value);
    else raw[name] = typeof value === 'boolean' ? Number(value) : (value as string | number | null);
  }
  return raw;
}

function fromRaw(raw: Raw, apart: Apart): ActionRow {
  const row: Record<string, unknown> = { ...raw, dry_run: raw['dry_run'] === 1 };
  for (const name of JSON_COLUMNS) {
    const text = raw[name];
    row[name] = typeof text === 'string' ? (JSON.parse(text) as unknown) : null;
  }
  const reference = referenceIn(row['input']);
  // Where it is gone or was changed there is no input, and what is staged is not what was approved: it cannot go on.
  if (reference !== null) Object.assign(row, NOTHING, apart.get(reference) ?? {});
  // What an older program wrote says less.
  if (row['risk'] !== null)
    row['risk'] = { effects: [], instead: [], extent: null, ...(row['risk'] as object) };
  return row as unknown as ActionRow;
}

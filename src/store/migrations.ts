/** The schema, one step a version; a step that has been released is never changed. */
export const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE audit (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    hash TEXT NOT NULL UNIQUE,
    body TEXT NOT NULL,
    agent TEXT GENERATED ALWAYS AS (body ->> 'agent') VIRTUAL,
    event TEXT GENERATED ALWAYS AS (body ->> 'event') VIRTUAL,
    action TEXT GENERATED ALWAYS AS (body ->> 'action') VIRTUAL,
    action_id TEXT GENERATED ALWAYS AS (body ->> 'action_id') VIRTUAL,
    risk TEXT GENERATED ALWAYS AS (body ->> 'risk_level') VIRTUAL,
    result TEXT GENERATED ALWAYS AS (body ->> 'result') VIRTUAL,
    time TEXT GENERATED ALWAYS AS (body ->> 'time') VIRTUAL
  );
  CREATE INDEX audit_agent ON audit (agent);
  CREATE INDEX audit_action_id ON audit (action_id);
  CREATE INDEX audit_time ON audit (time);
  CREATE TRIGGER audit_is_append_only_update BEFORE UPDATE ON audit
    BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END;
  CREATE TRIGGER audit_is_append_only_delete BEFORE DELETE ON audit
    BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END;

  CREATE TABLE actions (
    id TEXT PRIMARY KEY,
    tool TEXT NOT NULL,
    agent TEXT NOT NULL,
    principal TEXT NOT NULL,
    workspace TEXT NOT NULL,
    reason TEXT NOT NULL,
    summary TEXT NOT NULL,
    dry_run INTEGER NOT NULL,
    input TEXT,
    request_digest TEXT NOT NULL,
    resources TEXT NOT NULL,
    risk TEXT NOT NULL,
    decision TEXT NOT NULL,
    phase TEXT NOT NULL,
    stage TEXT,
    effects TEXT,
    outcome TEXT,
    error TEXT,
    report TEXT,
    undoes TEXT,
    owner TEXT NOT NULL,
    created_ms INTEGER NOT NULL,
    finished_ms INTEGER
  ) WITHOUT ROWID;
  CREATE INDEX actions_unfinished ON actions (phase) WHERE phase <> 'finished';
  CREATE INDEX actions_of_agent ON actions (agent, created_ms);
  CREATE INDEX actions_of_request ON actions (request_digest, finished_ms) WHERE phase = 'finished';
  CREATE INDEX actions_undoes ON actions (undoes) WHERE undoes IS NOT NULL;

  CREATE TABLE approvals (
    n INTEGER PRIMARY KEY AUTOINCREMENT,
    action_id TEXT NOT NULL REFERENCES actions (id),
    status TEXT NOT NULL,
    digest TEXT NOT NULL,
    requested_ms INTEGER NOT NULL,
    expires_ms INTEGER NOT NULL,
    uptime_deadline TEXT NOT NULL,
    decided_ms INTEGER,
    note TEXT
  );
  CREATE UNIQUE INDEX approvals_one_open ON approvals (action_id) WHERE status IN ('pending', 'approved');
  CREATE INDEX approvals_status ON approvals (status);

  CREATE TABLE snapshots (
    n INTEGER PRIMARY KEY AUTOINCREMENT,
    action_id TEXT NOT NULL UNIQUE REFERENCES actions (id),
    data TEXT NOT NULL,
    checksum TEXT NOT NULL,
    changes INTEGER NOT NULL,
    created_ms INTEGER NOT NULL
  );

  CREATE TABLE leases (
    resource TEXT NOT NULL,
    action_id TEXT NOT NULL,
    owner TEXT NOT NULL,
    PRIMARY KEY (resource, action_id)
  ) WITHOUT ROWID;

  CREATE TABLE processes (
    owner TEXT PRIMARY KEY,
    beat TEXT NOT NULL
  ) WITHOUT ROWID;

  CREATE TABLE settings (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
  `,
  // REPLACE removes a row without asking the trigger on DELETE.
  `
  CREATE TRIGGER audit_is_append_only_replace BEFORE INSERT ON audit
    WHEN EXISTS (SELECT 1 FROM audit WHERE seq = NEW.seq OR hash = NEW.hash)
    BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END;
  `,
  // What retention goes by, and the folders in which actions keep what was renamed away.
  `
  ALTER TABLE snapshots ADD COLUMN bytes INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE snapshots ADD COLUMN pinned INTEGER NOT NULL DEFAULT 0;
  CREATE TABLE stores (folder TEXT PRIMARY KEY) WITHOUT ROWID;
  `,
  // What goes on after the action that started it.
  `
  CREATE TABLE long_running (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    agent TEXT NOT NULL,
    command TEXT NOT NULL,
    cwd TEXT NOT NULL,
    network INTEGER NOT NULL,
    writes TEXT NOT NULL,
    owner TEXT NOT NULL,
    started_ms INTEGER NOT NULL,
    stopped_by TEXT,
    ended_ms INTEGER,
    how TEXT,
    exit_code INTEGER
  ) WITHOUT ROWID;
  `,
  // Records lie in their order alone, so that one more costs one page; what queries go by is an index of words, which
  // is filled in batches. Only a day that is sealed and archived may be deleted.
  `
  CREATE TABLE audit_5 (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    hash TEXT NOT NULL,
    body TEXT NOT NULL,
    agent TEXT GENERATED ALWAYS AS (body ->> 'agent') VIRTUAL,
    event TEXT GENERATED ALWAYS AS (body ->> 'event') VIRTUAL,
    action TEXT GENERATED ALWAYS AS (body ->> 'action') VIRTUAL,
    action_id TEXT GENERATED ALWAYS AS (body ->> 'action_id') VIRTUAL,
    risk TEXT GENERATED ALWAYS AS (body ->> 'risk_level') VIRTUAL,
    result TEXT GENERATED ALWAYS AS (body ->> 'result') VIRTUAL,
    time TEXT GENERATED ALWAYS AS (body ->> 'time') VIRTUAL
  );
  INSERT INTO audit_5 (seq, hash, body) SELECT seq, hash, body FROM audit ORDER BY seq;
  DELETE FROM sqlite_sequence WHERE name = 'audit_5';
  INSERT INTO sqlite_sequence (name, seq) SELECT 'audit_5', seq FROM sqlite_sequence WHERE name = 'audit';
  DROP TABLE audit;
  ALTER TABLE audit_5 RENAME TO audit;

  CREATE TABLE audit_days (
    name TEXT PRIMARY KEY,
    first_seq INTEGER NOT NULL,
    last_seq INTEGER NOT NULL,
    last_hash TEXT NOT NULL,
    last_time TEXT NOT NULL,
    archived INTEGER NOT NULL DEFAULT 0
  ) WITHOUT ROWID;
  CREATE TRIGGER audit_days_are_kept BEFORE DELETE ON audit_days
    BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END;
  CREATE TRIGGER audit_days_are_only_archived BEFORE UPDATE ON audit_days
    WHEN NEW.archived <> 1 OR NEW.name <> OLD.name OR NEW.first_seq <> OLD.first_seq
      OR NEW.last_seq <> OLD.last_seq OR NEW.last_hash <> OLD.last_hash OR NEW.last_time <> OLD.last_time
    BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END;

  CREATE TRIGGER audit_is_append_only_update BEFORE UPDATE ON audit
    BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END;
  CREATE TRIGGER audit_is_append_only_delete BEFORE DELETE ON audit
    WHEN NOT EXISTS (
      SELECT 1 FROM audit_days WHERE archived = 1 AND OLD.seq BETWEEN first_seq AND last_seq)
    BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END;
  CREATE TRIGGER audit_is_append_only_replace BEFORE INSERT ON audit
    WHEN EXISTS (SELECT 1 FROM audit WHERE seq = NEW.seq)
    BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END;

  CREATE VIRTUAL TABLE audit_words USING fts5 (words, content='', contentless_delete=1, detail=none);
  CREATE TABLE audit_clock (seq INTEGER PRIMARY KEY);
  `,
  // Which policy an approval was asked under, and what a person has allowed beforehand.
  `
  ALTER TABLE approvals ADD COLUMN policy TEXT NOT NULL DEFAULT '';
  CREATE TABLE grants (
    id TEXT PRIMARY KEY,
    agent TEXT NOT NULL,
    tool TEXT NOT NULL,
    pattern TEXT NOT NULL,
    options TEXT NOT NULL,
    ceiling TEXT NOT NULL,
    remaining INTEGER NOT NULL,
    created_ms INTEGER NOT NULL,
    expires_ms INTEGER NOT NULL,
    uptime_deadline TEXT NOT NULL,
    policy TEXT NOT NULL,
    revoked_ms INTEGER
  ) WITHOUT ROWID;
  `,
  // Why each action was decided as it was; circuit breakers; refusals that are counted and not told one by one.
  `
  CREATE TABLE judgements (
    action_id TEXT PRIMARY KEY,
    at_ms INTEGER NOT NULL,
    tool TEXT NOT NULL,
    agent TEXT NOT NULL,
    card TEXT,
    workspace TEXT NOT NULL,
    resources TEXT NOT NULL,
    summary TEXT NOT NULL,
    steps TEXT NOT NULL
  ) WITHOUT ROWID;
  CREATE INDEX judgements_time ON judgements (at_ms);
  CREATE TABLE breakers (
    tool TEXT NOT NULL,
    resource TEXT NOT NULL,
    state TEXT NOT NULL,
    PRIMARY KEY (tool, resource)
  ) WITHOUT ROWID;
  CREATE TABLE refusals (
    agent TEXT NOT NULL,
    tool TEXT NOT NULL,
    error TEXT NOT NULL,
    since_ms INTEGER NOT NULL,
    told INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    more INTEGER NOT NULL,
    PRIMARY KEY (agent, tool, error)
  ) WITHOUT ROWID;
  `,
  // What agents have put into files of secrets by themselves: no such word is kept out of the record.
  `
  CREATE TABLE planted_values (n INTEGER PRIMARY KEY, digest TEXT NOT NULL UNIQUE);
  `,
  // Snapshots that are gone, for which something may still be kept outside the state.
  `
  CREATE TABLE releases (action_id TEXT PRIMARY KEY, tool TEXT NOT NULL, data TEXT NOT NULL) WITHOUT ROWID;
  `,
  // The stages that are kept of actions which are finished: few among many.
  `
  CREATE INDEX actions_staged ON actions (finished_ms) WHERE phase = 'finished' AND stage IS NOT NULL;
  `,
  // SQLite works out every generated column at each insert, and nothing reads these.
  `
  ALTER TABLE audit DROP COLUMN agent;
  ALTER TABLE audit DROP COLUMN event;
  ALTER TABLE audit DROP COLUMN action;
  ALTER TABLE audit DROP COLUMN action_id;
  ALTER TABLE audit DROP COLUMN risk;
  ALTER TABLE audit DROP COLUMN result;
  ALTER TABLE audit DROP COLUMN time;
  `,
  // What one agent hands out to others, and what they write to each other.
  `
  CREATE TABLE tasks (
    n INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    parent TEXT NOT NULL,
    name TEXT NOT NULL,
    data TEXT NOT NULL,
    UNIQUE (parent, name)
  );
  CREATE TABLE task_runs (run TEXT PRIMARY KEY, task TEXT NOT NULL) WITHOUT ROWID;
  CREATE TABLE messages (
    "id" INTEGER PRIMARY KEY AUTOINCREMENT,
    "parent" TEXT NOT NULL,
    "from" TEXT NOT NULL,
    "to" TEXT NOT NULL,
    "task" TEXT,
    "kind" TEXT NOT NULL,
    "text" TEXT NOT NULL,
    "time" TEXT NOT NULL
  );
  CREATE INDEX messages_parent ON messages ("parent", "id");
  `,
  // A record's number comes from the one before it: to keep the highest beside them was a page more for each. The mark
  // is moved now and then, and by it a tail that was cut is found, also one that was cut before this step.
  `
  CREATE TABLE audit_mark (seq INTEGER NOT NULL);
  INSERT INTO audit_mark (seq) SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'audit';
  CREATE TABLE audit_13 (seq INTEGER PRIMARY KEY, hash TEXT NOT NULL, body TEXT NOT NULL);
  INSERT INTO audit_13 (seq, hash, body) SELECT seq, hash, body FROM audit ORDER BY seq;
  DROP TABLE audit;
  ALTER TABLE audit_13 RENAME TO audit;

  CREATE TRIGGER audit_is_append_only_update BEFORE UPDATE ON audit
    BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END;
  CREATE TRIGGER audit_is_append_only_delete BEFORE DELETE ON audit
    WHEN NOT EXISTS (
      SELECT 1 FROM audit_days WHERE archived = 1 AND OLD.seq BETWEEN first_seq AND last_seq)
    BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END;
  CREATE TRIGGER audit_is_append_only_replace BEFORE INSERT ON audit
    WHEN EXISTS (SELECT 1 FROM audit WHERE seq = NEW.seq)
    BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END;
  CREATE TRIGGER audit_mark_only_grows BEFORE UPDATE ON audit_mark WHEN NEW.seq < OLD.seq
    BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END;
  CREATE TRIGGER audit_mark_is_kept BEFORE DELETE ON audit_mark
    BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END;
  `,
];

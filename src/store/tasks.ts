import { type Message, PROTOCOL, type Task } from '../core/tasks.ts';
import type { Statements } from './database.ts';

/** Tasks and messages of goals. Each task is one JSON value beside what it is looked up by. */
export interface TaskStore {
  insert(task: Task): void;
  update(task: Task): void;
  get(id: string): Task | null;
  /** In the order in which they were assigned. */
  ofGoal(parent: string): Task[];
  /** The task that a run works, or has worked, on. */
  ofRun(run: string): Task | null;
  /** Gives it its number. */
  send(message: Omit<Message, 'id' | 'version'>): Message;
  messages(parent: string): Message[];
}

type Raw = { data: string };
type RawMessage = Omit<Message, 'version'>;

export function taskStore(db: Statements): TaskStore {
  const read = ({ data }: Raw): Task => JSON.parse(data) as Task;
  const message = (raw: RawMessage): Message => ({ version: PROTOCOL, ...raw });
  const columns = '"id", "parent", "from", "to", "task", "kind", "text", "time"';
  return {
    insert: (task) =>
      void db
        .prepare('INSERT INTO tasks (id, parent, name, data) VALUES (?, ?, ?, ?)')
        .run(task.id, task.parent, task.name, JSON.stringify(task)),
    update(task) {
      db.prepare('UPDATE tasks SET data = ? WHERE id = ?').run(JSON.stringify(task), task.id);
      for (const run of task.runs)
        db.prepare('INSERT OR IGNORE INTO task_runs (run, task) VALUES (?, ?)').run(run, task.id);
    },
    get(id) {
      const raw = db.prepare<[string], Raw>('SELECT data FROM tasks WHERE id = ?').get(id);
      return raw === undefined ? null : read(raw);
    },
    ofGoal: (parent) =>
      db
        .prepare<[string], Raw>('SELECT data FROM tasks WHERE parent = ? ORDER BY n')
        .all(parent)
        .map((raw) => read(raw)),
    ofRun(run) {
      const raw = db
        .prepare<[string], Raw>(
          'SELECT data FROM tasks WHERE id = (SELECT task FROM task_runs WHERE run = ?)',
        )
        .get(run);
      return raw === undefined ? null : read(raw);
    },
    send(sent) {
      const { lastInsertRowid } = db
        .prepare(
          `INSERT INTO messages ("parent", "from", "to", "task", "kind", "text", "time")
           VALUES (@parent, @from, @to, @task, @kind, @text, @time)`,
        )
        .run(sent);
      return message({ ...sent, id: Number(lastInsertRowid) });
    },
    messages: (parent) =>
      db
        .prepare<[string], RawMessage>(`SELECT ${columns} FROM messages WHERE parent = ? ORDER BY id`)
        .all(parent)
        .map((raw) => message(raw)),
  };
}

import { BLANK } from '../../store/audit.ts';
import type { ActionRow } from '../../store/actions.ts';
import type { House } from '../house.ts';

/** A person hears at once of the first action that waits, and then at most so often of all that wait. */
const APART_MS = 60_000;
const SETTING = 'notified_ms';

const later = new WeakMap<House, NodeJS.Timeout>();

/** Tells the person, by their own command or webhook, that an action waits; the agent neither waits for it nor sees it. */
export function notify(id: string, house: House): void {
  const { notify: line, webhook } = house.config.approvals;
  if (line === undefined && webhook === undefined) return;
  const since = Date.now() - Number(house.store.read(() => house.store.setting(SETTING)) ?? 0);
  if (since >= APART_MS || since < 0) return tell(id, house);
  if (later.has(house)) return;
  const timer = setTimeout(() => {
    later.delete(house);
    try {
      if (house.store.read(() => house.store.actions.get(id)?.phase === 'held')) tell(id, house);
    } catch {
      // The state is closed, or cannot be written: it waits on, and the next action that waits tells of both.
    }
  }, APART_MS - since);
  later.set(house, timer.unref());
}

function tell(id: string, house: House): void {
  const { store, machine, config } = house;
  const { row, waiting } = store.write(() => {
    store.setSetting(SETTING, String(Date.now()));
    return { row: store.actions.get(id), waiting: store.approvals.countPending() };
  });
  const { notify: line, webhook } = config.approvals;
  if (line !== undefined) machine.notify(line, { HOMEOSTAT_ACTION: id, HOMEOSTAT_WAITING: String(waiting) });
  if (webhook === undefined || row === null) return;
  machine.post(webhook, messageOf(row, waiting, house)).catch((error: unknown) =>
    store.write(() =>
      store.audit.append({
        ...BLANK,
        agent: 'homeostat',
        event: 'notify.failed',
        action: row.tool,
        action_id: id,
        detail: String(error).slice(0, 200).toWellFormed(),
      }),
    ),
  );
}

/** What leaves the machine: what waits and how bad it is, without secrets, and nothing of what files hold. */
const messageOf = (row: ActionRow, waiting: number, { secrets }: House): object =>
  secrets.redact({
    action_id: row.id,
    tool: row.tool,
    agent: row.agent,
    summary: row.summary.slice(0, 500).toWellFormed(),
    risk: row.risk.level,
    reversibility: row.risk.reversibility,
    rules: row.decision.rules.map(({ id }) => id),
    waiting,
  });

import Database from 'better-sqlite3';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { AuditBody } from '../../src/core/records.ts';
import type { Scratch } from './scratch.ts';
import { testApp } from './app.ts';

const ENDS = [
  'action.finished',
  'action.recovered',
  'approval.denied',
  'approval.expired',
  'approval.revoked',
];

/** Looks at the state as it lies on disk: nothing is unfinished, every intent has its end, and the chain holds. */
export async function expectSettled(place: Scratch): Promise<AuditBody[]> {
  const db = new Database(join(place.home, 'state.db'), { readonly: true });
  const open = db.prepare("SELECT id, phase FROM actions WHERE phase NOT IN ('finished', 'held')").all();
  const bodies = db
    .prepare<[], { body: string }>('SELECT body FROM audit ORDER BY seq')
    .all()
    .map((row) => JSON.parse(row.body) as AuditBody);
  db.close();
  expect(open).toEqual([]);
  const ids = (events: readonly string[]): string[] =>
    bodies.filter((body) => events.includes(body.event)).map((body) => String(body.action_id));
  const ends = ids(ENDS);
  expect(ends.toSorted()).toEqual(ids(['action.intended']).toSorted());
  const t = await testApp({ on: place });
  expect((await t.app.operator()).verifyAudit()).toMatchObject({ ok: true, problem: null });
  await t.close();
  return bodies;
}

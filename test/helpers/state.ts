import Database from 'better-sqlite3';
import { createHash } from 'node:crypto';
import { lstatSync, readFileSync, readdirSync, readlinkSync } from 'node:fs';
import { join, relative } from 'node:path';
import { expect } from 'vitest';
import type { Scratch } from './scratch.ts';

/** What the audit holds of one event; read from the file itself, past all of the product's code. */
export interface AuditLine {
  readonly seq: number;
  readonly prev: string;
  readonly time: string;
  readonly event: string;
  readonly agent: string;
  readonly action: string;
  readonly action_id: string | null;
  readonly result: string | null;
  readonly error: string | null;
  readonly detail: string | null;
  readonly approval_status: string | null;
  readonly parameters: unknown;
}

export interface ActionLine {
  readonly id: string;
  readonly tool: string;
  readonly phase: string;
  readonly outcome: string | null;
}

/** Reads the state's database directly, beside whoever has it open. */
export function query<T>(place: Scratch, sql: string): T[] {
  const db = new Database(join(place.home, 'state.db'), { fileMustExist: true });
  try {
    return db.prepare<[], T>(sql).all();
  } finally {
    db.close();
  }
}

/** All of the record, or what one action has gone through; who asked about it is not part of that. */
export function auditOf(place: Scratch, actionId?: string): AuditLine[] {
  const all = query<{ body: string }>(place, 'SELECT body FROM audit ORDER BY seq').map(
    ({ body }) => JSON.parse(body) as AuditLine,
  );
  return actionId === undefined
    ? all
    : all.filter((line) => line.action_id === actionId && line.event !== 'query');
}

export const actionsOf = (place: Scratch): ActionLine[] =>
  query(place, 'SELECT id, tool, phase, outcome FROM actions ORDER BY created_ms');

/** The hash chain, worked out here a second time and not by the code under test. */
export function expectWholeChain(place: Scratch): void {
  let [prev, seq] = ['0'.repeat(64), 0];
  for (const row of query<{ seq: number; hash: string; body: string }>(
    place,
    'SELECT * FROM audit ORDER BY seq',
  )) {
    expect(row.seq).toBe(++seq);
    expect(createHash('sha256').update(row.body).digest('hex')).toBe(row.hash);
    expect((JSON.parse(row.body) as AuditLine).prev).toBe(prev);
    prev = row.hash;
  }
}

const ENDS = /^(action\.(finished|recovered)|approval\.(denied|expired|revoked))$/;

/** Every intent has exactly one outcome or waits for a person, nothing is locked, and the chain is whole. */
export function expectSettled(place: Scratch): void {
  expectWholeChain(place);
  const audit = auditOf(place);
  for (const { id, phase, outcome } of actionsOf(place)) {
    const ends = audit.filter((line) => line.action_id === id && ENDS.test(line.event));
    expect(['held', 'finished'], `phase of ${id}`).toContain(phase);
    expect(ends.map((line) => line.result)).toEqual(phase === 'held' ? [] : [outcome]);
  }
  const intended = audit.filter((line) => line.event === 'action.intended').map((line) => line.action_id);
  expect(new Set(actionsOf(place).map((row) => row.id))).toEqual(new Set(intended));
  expect(query(place, 'SELECT * FROM leases')).toEqual([]);
}

/** Everything below a folder: type, mode, content and, for files, time to a hundredth of a second. */
export function treeOf(folder: string, root = folder): Record<string, string> {
  const tree: Record<string, string> = {};
  for (const name of readdirSync(folder).toSorted()) {
    const path = join(folder, name);
    const stats = lstatSync(path);
    const mode = (stats.mode & 0o7777).toString(8);
    if (stats.isDirectory())
      Object.assign(tree, { [relative(root, path)]: `folder ${mode}` }, treeOf(path, root));
    else if (stats.isSymbolicLink()) tree[relative(root, path)] = `link to ${readlinkSync(path)}`;
    else {
      const digest = createHash('sha256').update(readFileSync(path)).digest('hex').slice(0, 16);
      tree[relative(root, path)] = `file ${mode} ${digest} ${Math.round(stats.mtimeMs / 10)}`;
    }
  }
  return tree;
}

/** Processes that work inside a test's folders: commands left behind, never the servers' own. */
export function processesIn(folder: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        const marked = readFileSync(`/proc/${pid}/environ`, 'latin1').includes('HOMEOSTAT_ACTION_ID=');
        return marked && readlinkSync(`/proc/${pid}/cwd`).startsWith(folder);
      } catch {
        return false;
      }
    })
    .map(Number);
}

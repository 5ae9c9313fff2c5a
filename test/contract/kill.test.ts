import { execa } from 'execa';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, test } from 'vitest';
import { PACKAGE_ROOT } from '../../src/app.ts';
import type { AuditBody } from '../../src/core/records.ts';
import { type TestApp, testApp } from '../helpers/app.ts';
import { expectClean } from '../helpers/killing.ts';
import { expectSettled } from '../helpers/state.ts';
import { differences, treeOf } from '../helpers/tree.ts';
import { CASES, FREE, type Input, act, furnish } from './cases.ts';

const APP = pathToFileURL(join(PACKAGE_ROOT, 'dist', 'app.js')).href;
const CALL = join(PACKAGE_ROOT, 'test', 'helpers', 'killed-call.mjs');

interface Step {
  readonly step: string;
  readonly nth: number;
  /** How the next start ends the action. */
  readonly outcome: string;
  /** Tools that keep their pre-images more than once, or know less, end otherwise. */
  readonly command: string | null;
}

const STEPS: readonly Step[] = [
  { step: 'intended', nth: 1, outcome: 'failed', command: 'failed' },
  { step: 'staged', nth: 1, outcome: 'failed', command: 'failed' },
  { step: 'committing', nth: 1, outcome: 'failed', command: 'failed' },
  { step: 'preserved', nth: 1, outcome: 'rolled_back', command: 'rolled_back' },
  // What stands there afterwards is kept once more.
  { step: 'preserved', nth: 2, outcome: 'rolled_back', command: 'rolled_back' },
  { step: 'committed', nth: 1, outcome: 'rolled_back', command: 'rolled_back' },
  { step: 'verified', nth: 1, outcome: 'rolled_back', command: 'rolled_back' },
];

async function killedAt(
  t: TestApp,
  { step, nth }: Step,
  tool: string,
  input: Input,
): Promise<string | undefined> {
  const args = [CALL, APP, step, String(nth), tool, JSON.stringify(input)];
  const ended = await execa(process.execPath, args, { cwd: t.root, env: t.env, reject: false });
  return ended.signal;
}

async function auditOf(t: TestApp, filter: object): Promise<AuditBody[]> {
  const { result } = await t.ask('query_audit', { limit: 50, ...filter });
  return (result as { records: AuditBody[] }).records;
}

// The stop has no step: it acts before anything else. What is killed with processes: test/e2e/processes-end.test.ts.
describe.each(CASES.filter((one) => one.undo === null))('$tool $what', ({ tool, input }) => {
  const outcomeAt = (step: Step): string | null => (tool === 'run_command' ? step.command : step.outcome);

  test.each(STEPS.filter((step) => outcomeAt(step) !== ''))(
    'killed at $step ($nth): nothing is lost',
    async (step) => {
      const first = await testApp({ config: FREE });
      furnish(first.root);
      const given = await input(first);
      const before = treeOf(first.root);
      await first.close();

      expect(await killedAt(first, step, tool, given)).toBe('SIGKILL');

      const t = await testApp({ on: first });
      await t.app.ready();
      expect(differences(before, treeOf(t.root))).toEqual([]);
      expectClean(t);
      expectSettled(t);
      const [recovered, ...rest] = await auditOf(t, { result: outcomeAt(step), action: tool });
      expect(rest).toEqual([]);
      expect(recovered).toMatchObject({ event: 'action.recovered', error: 'interrupted' });
      const events = (await auditOf(t, { action_id: recovered?.action_id })).map((record) => record.event);
      expect(events.at(-1)).toBe('action.intended');
      expect((await t.app.operator()).verifyAudit().ok).toBe(true);
      expect((await t.ask('get_status')).result).toMatchObject({ running_actions: 0 });

      // Nothing that the dead process held stands in the way of doing it, and undoing it, now.
      const done = await act(t, tool, given);
      expect(done).toMatchObject({ outcome: 'succeeded' });
      expect(await act(t, 'rollback', { id: done.snapshot_id })).toMatchObject({ outcome: 'succeeded' });
      expect(differences(before, treeOf(t.root))).toEqual([]);
      await t.close();
    },
  );
});

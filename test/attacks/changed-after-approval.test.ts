// What a person has approved is what is done: everything that may change between their yes and the deed.
import {
  chmodSync,
  existsSync,
  linkSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import type { ActionReport, Report } from '../../src/core/outcome.ts';
import { expectOnRecord, expectRefused, sharedApp } from '../helpers/attack.ts';
import { auditOf } from '../helpers/state.ts';

const t = sharedApp('approvals: { require: terminal }\n');
/** Another agent for each test: what waits already is not put to a person again. */
let who = { client: '' };
let agents = 0;
const at = (name: string): string => join(t.root, name);
beforeEach(() => {
  who = { client: `agent-${++agents}` };
  rmSync(t.root, { recursive: true });
  mkdirSync(at('conf'), { recursive: true });
  writeFileSync(at('conf/.env'), 'A=1\n');
  writeFileSync(at('other'), 'theirs\n');
  writeFileSync(join(t.base, 'outside'), 'theirs\n');
  rmSync(join(t.base, 'moved'), { recursive: true, force: true });
});

/** A person says yes to what is shown to them at their terminal. */
const approve = async (id: string): Promise<void> => {
  const person = await t.app.operator();
  await person.approve(id, person.show(id).digest, { terminal: true });
};

/** What became of it; where it could not even be worked out anew, the answer to who waits. */
const resumed = async (id: string): Promise<Report> => {
  const answer = await t.ask('wait_for_approval', { action_id: id, wait_seconds: 0 }, who);
  return (answer.result as { report: ActionReport } | null)?.report ?? answer;
};

/** Each changes what `conf/.env` is, and stands for a moment when nobody looks. */
const CHANGES: readonly [string, () => void][] = [
  ['its content', () => writeFileSync(at('conf/.env'), 'A=2\n')],
  ['its mode', () => chmodSync(at('conf/.env'), 0o600)],
  ['a file renamed over it', () => renameSync(at('other'), at('conf/.env'))],
  [
    'a link in its place',
    () => {
      rmSync(at('conf/.env'));
      symlinkSync(at('other'), at('conf/.env'));
    },
  ],
  [
    'a link out of the roots in its place',
    () => {
      rmSync(at('conf/.env'));
      symlinkSync(join(t.base, 'outside'), at('conf/.env'));
    },
  ],
  [
    'another name of a file outside in its place',
    () => {
      rmSync(at('conf/.env'));
      linkSync(join(t.base, 'outside'), at('conf/.env'));
    },
  ],
  [
    'its folder, which is a link now',
    () => {
      renameSync(at('conf'), join(t.base, 'moved'));
      symlinkSync(join(t.base, 'moved'), at('conf'));
    },
  ],
  [
    'its folder, which is another one now',
    () => {
      renameSync(at('conf'), at('before'));
      mkdirSync(at('conf'));
      writeFileSync(at('conf/.env'), 'OTHER=1\n');
    },
  ],
  ['that it is there', () => rmSync(at('conf/.env'))],
];

const ACTIONS: readonly [string, object][] = [
  ['delete_file', { path: 'conf/.env' }],
  ['write_file', { path: 'conf/.env', content: 'B=1\n' }],
  ['run_command', { command: 'echo B=1 > conf/.env' }],
];

for (const [tool, input] of ACTIONS)
  test.each(CHANGES)(
    `${tool}: what has changed since the approval is %s, and it is asked anew or not done`,
    async (_, change) => {
      const held = await t.act(tool, input, who);
      expect(held).toMatchObject({ outcome: 'held' });
      const id = held.action_id ?? '';
      await approve(id);
      change();
      const now = existsSync(at('conf/.env')) ? readFileSync(at('conf/.env'), 'latin1') : null;
      const report = await resumed(id);
      expectRefused(report, tool);
      expect(existsSync(at('conf/.env')) ? readFileSync(at('conf/.env'), 'latin1') : null).toBe(now);
      expect(readFileSync(join(t.base, 'outside'), 'utf8')).toBe('theirs\n');
      // Queries are put on record in batches, before the next action at the latest.
      await t.act('write_file', { path: 'other', content: '', dry_run: true }, who);
      expectOnRecord(t, report);
      expect(auditOf(t, id).map(({ event }) => event)).not.toContain('action.committing');
    },
  );

test('the approval of one request is none for the same request made again', async () => {
  const { action_id: id } = await t.act('delete_file', { path: 'conf/.env' }, who);
  await approve(id ?? '');
  expect((await resumed(id ?? '')).outcome).toBe('succeeded');
  writeFileSync(at('conf/.env'), 'A=1\n');
  const again = await t.act('delete_file', { path: 'conf/.env' }, who);
  expect(again.outcome).toBe('held');
  expect(again.action_id).not.toBe(id);
  expect(await resumed(id ?? '')).toMatchObject({ action_id: id });
  expect(existsSync(at('conf/.env'))).toBe(true);
});

test('an approval that was taken back, or has been denied before, is used by nobody', async () => {
  const { action_id: id } = await t.act('delete_file', { path: 'conf/.env' }, who);
  await approve(id ?? '');
  (await t.app.operator()).revoke(id ?? '');
  expect(await resumed(id ?? '')).toMatchObject({ outcome: 'denied', error: { code: 'approval_revoked' } });
  expect(existsSync(at('conf/.env'))).toBe(true);
  expect(auditOf(t, id ?? '').map(({ event }) => event)).toContain('approval.revoked');
});

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { PASSPHRASE, type TestApp, testApp } from '../helpers/app.ts';
import { cli } from '../helpers/cli-in-process.ts';
import { BIN } from '../helpers/client.ts';
import type { Scratch } from '../helpers/scratch.ts';
import { auditOf, expectSettled } from '../helpers/state.ts';

const typed = `${PASSPHRASE}\n`;
const RUNGS = ['root_overlay', 'user_overlay', 'snapshot'] as const;

/** A product on one rung; `path` reads a file of its root, null where there is none. */
async function product(
  rung: (typeof RUNGS)[number] = 'root_overlay',
): Promise<{ t: TestApp; read(path: string): string | null }> {
  const t = await testApp({ config: 'autonomy: full\n', ...(rung === 'root_overlay' ? {} : { rung }) });
  return {
    t,
    read: (path) => {
      const at = join(t.root, path);
      return existsSync(at) ? readFileSync(at, 'utf8') : null;
    },
  };
}

async function run(t: TestApp, command: string): Promise<string> {
  const report = await t.act('run_command', { command });
  expect(report).toMatchObject({ outcome: 'succeeded', error: null });
  return report.snapshot_id ?? '';
}

const undo = async (place: Scratch, id: string, ...flags: string[]): ReturnType<typeof cli> =>
  cli(place, ['undo', id, '--json', '--passphrase-stdin', ...flags], typed);

for (const rung of RUNGS) {
  test(`${rung}: by force an action is undone in spite of later changes, and that can be undone`, async () => {
    const { t, read } = await product(rung);
    writeFileSync(join(t.root, 'a'), 'one');
    const id = await run(t, 'printf two >a; mkdir d; echo >d/x; echo >new');
    writeFileSync(join(t.root, 'a'), 'by a person');
    writeFileSync(join(t.root, 'd/theirs'), 'theirs');
    expect((await t.act('rollback', { id })).error?.code).toBe('rollback_conflict');

    const tried = await cli(t, ['undo', id, '--json', '--force', '--dry-run']);
    expect(tried.json()).toMatchObject({ outcome: 'succeeded', dry_run: true });
    expect(read('a')).toBe('by a person');

    const forced = await undo(t, id, '--force');
    expect(forced.json()).toMatchObject({ outcome: 'succeeded', error: null });
    // The person has seen what goes before the passphrase counted.
    expect(forced.err).toContain('undo-by-force');
    expect([read('a'), read('new'), read('d/x')]).toEqual(['one', null, null]);
    // Where no overlay is to be had, nobody has kept what they put into a folder.
    expect(read('d/theirs')).toBe(rung === 'snapshot' ? 'theirs' : null);

    const back = await undo(t, String(forced.json()['action_id']));
    expect(back.json()).toMatchObject({ outcome: 'succeeded', error: null });
    expect([read('a'), read('new'), read('d/x'), read('d/theirs')]).toEqual([
      'by a person',
      '\n',
      '\n',
      'theirs',
    ]);
    await t.close();
    expectSettled(t);
  });

  test(`${rung}: the later actions on the same paths go first, newest first, and no others`, async () => {
    const { t, read } = await product(rung);
    const first = await run(t, 'mkdir d; printf 1 >d/f; printf 1 >g');
    const second = await run(t, 'printf 2 >d/f; printf 2 >h');
    const apart = await run(t, 'printf apart >apart');
    const third = await run(t, 'printf 3 >h');
    const gone = await run(t, 'printf 4 >d/gone');
    await t.act('rollback', { id: gone });

    const tried = await cli(t, ['undo', first, '--json', '--cascade', '--dry-run']);
    const ids = (tried.json()['first'] as { action_id: string }[]).map((one) => one.action_id);
    expect(ids).toEqual([third, second]);
    expect(read('h')).toBe('3');

    const done = await undo(t, first, '--cascade');
    expect(done.json()).toMatchObject({ outcome: 'succeeded', result: { undone: first } });
    expect(['d/f', 'g', 'h', 'apart'].map(read)).toEqual([null, null, null, 'apart']);
    const undone = auditOf(t)
      .filter((line) => line.event === 'action.finished' && line.action === 'rollback')
      .map((line) => (line as unknown as { rollback_id: string }).rollback_id);
    expect(undone).toEqual([gone, third, second, first]);
    expect(undone).not.toContain(apart);
    await t.close();
    expectSettled(t);
  });
}

test('what an undo brought back counts as later only where it was there before', async () => {
  const { t, read } = await product();
  const old = await run(t, 'printf old >f');
  const target = await run(t, 'chmod 600 f');
  // Taken away by force and brought back again: nothing is left of it.
  const forced = (await undo(t, old, '--force')).json();
  expect(forced).toMatchObject({ outcome: 'succeeded' });
  const tried = async (): Promise<unknown> =>
    (await cli(t, ['undo', target, '--json', '--cascade', '--dry-run'])).json()['first'];
  expect(await tried()).toMatchObject([{ action_id: forced['action_id'] }]);
  expect(read('f')).toBeNull();
  const back = await undo(t, String(forced['action_id']));
  expect(back.json()).toMatchObject({ outcome: 'succeeded' });
  expect([read('f'), await tried()]).toEqual(['old', []]);
  await t.close();
});

test('without a person’s proof nothing is forced, and nothing is left waiting', async () => {
  const { t, read } = await product();
  const id = await run(t, 'printf two >a');
  writeFileSync(join(t.root, 'a'), 'by a person');
  for (const flag of ['--force', '--cascade']) {
    // No terminal, nothing typed.
    expect((await cli(t, ['undo', id, '--json', flag])).json()).toMatchObject({
      error: { code: 'terminal_required' },
    });
    const wrong = await cli(t, ['undo', id, '--json', flag, '--passphrase-stdin'], 'guess\n');
    expect(wrong.json()).toMatchObject({ error: { code: 'wrong_passphrase' } });
  }
  expect((await cli(t, ['undo', id, '--force', '--cascade', '--json'])).code).toBe(2);
  expect(read('a')).toBe('by a person');
  const { approvals } = (await t.ask('list_approvals')).result as { approvals: { status: string }[] };
  expect(approvals.map(({ status }) => status)).toEqual(['denied']);
  await t.close();
  expectSettled(t);
});

test('no agent’s call forces an undo', async () => {
  const { t, read } = await product();
  const id = await run(t, 'printf two >a');
  writeFileSync(join(t.root, 'a'), 'by a person');
  expect((await t.act('rollback', { id, force: true })).error?.code).toBe('invalid_input');
  expect((await t.act('forced_rollback', { id })).error?.code).toBe('unknown_tool');
  expect((await t.ask('assess_action', { tool: 'forced_rollback', input: { id } })).error?.code).toBe(
    'unknown_tool',
  );
  const offered = t.app.gateway.tools().map((tool) => tool.name);
  expect(offered).not.toContain('forced_rollback');
  expect(read('a')).toBe('by a person');
  await t.close();
});

test.each(['default', 'none'])(
  'an agent who types it in run_command (sandbox: %s) does not get it',
  async (sandbox) => {
    const { t, read } = await product();
    const id = await run(t, 'printf two >a');
    writeFileSync(join(t.root, 'a'), 'by a person');
    const own = `HOMEOSTAT_HOME='${t.home}' XDG_CONFIG_HOME='${t.env['XDG_CONFIG_HOME'] ?? ''}'`;
    const line = (flag: string, from: string): string =>
      `${from}${own} '${process.execPath}' '${BIN}' undo ${id} ${flag} 2>&1`;
    const lines = [
      line('--force', ''),
      line('--force --passphrase-stdin', 'echo guess | '),
      line('--cascade --passphrase-stdin', 'echo guess | '),
      // A terminal of its own making, on which nobody types the passphrase.
      `echo | script -qec "${line('--force', '')}" /dev/null`,
    ];
    for (const command of lines) {
      let report = await t.act('run_command', { command: `${command}; true`, sandbox, timeout_seconds: 30 });
      if (report.outcome === 'held') {
        // Even where a person lets the line run.
        await t.approve(report.action_id ?? '');
        const answer = await t.ask('wait_for_approval', { action_id: report.action_id, wait_seconds: 40 });
        report = (answer.result as { report: typeof report }).report;
      }
      expect(read('a'), JSON.stringify(report.result)).toBe('by a person');
    }
    await t.close();
  },
);

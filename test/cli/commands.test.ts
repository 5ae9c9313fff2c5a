import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { PASSPHRASE } from '../helpers/app.ts';
import { cli } from '../helpers/cli-in-process.ts';
import { type Scratch, scratch } from '../helpers/scratch.ts';

const typed = `${PASSPHRASE}\n`;

async function enrolled(): Promise<Scratch> {
  const place = scratch();
  expect((await cli(place, ['init', '--passphrase-stdin'], typed)).code).toBe(0);
  return place;
}

const idOf = (said: { json(): Record<string, unknown> }): string => String(said.json()['action_id']);

test('run prints what the command printed, where it would have gone', async () => {
  const place = scratch();
  const said = await cli(place, ['run', '--', 'bash', '-c', 'echo "a b" | tee .mcp.json']);
  expect(said.code).toBe(4);
  const plain = await cli(place, ['run', '--', 'echo', 'a  b', "it's", '$HOME', '*']);
  expect(plain).toMatchObject({ code: 0, out: "a  b it's $HOME *\n" });
  expect(plain.err).toContain('succeeded');
});

test('run --json prints the report and nothing else', async () => {
  const said = await cli(scratch(), ['run', '--json', '--', 'ls', 'missing']);
  expect(said.json()).toMatchObject({
    outcome: 'failed',
    error: { code: 'command_failed' },
    result: { exit_code: 2 },
  });
  expect(said.code).toBe(1);
});

test('exit codes tell done, failed, usage, refused and pending apart', async () => {
  const place = scratch();
  const code = async (...args: string[]): Promise<number> => (await cli(place, args)).code;
  expect(await code('run', '--', 'true')).toBe(0);
  expect(await code('run', '--', 'false')).toBe(1);
  expect(await code('nonsense')).toBe(2);
  expect(await code('run')).toBe(2);
  expect(await code('call', 'write_file', '{"path":1}')).toBe(2);
  expect(await code('call', 'write_file', 'no json')).toBe(2);
  expect(await code('snapshots', '--limit', '0')).toBe(2);
  expect(await code('call', 'read_file', '{"path":"/etc/passwd"}')).toBe(3);
  expect(await code('approve', 'nobody')).toBe(3);
  expect(await code('run', '--', 'touch', '.mcp.json')).toBe(4);
  expect(await code('--help')).toBe(0);
  expect(await code('--version')).toBe(0);
});

test('a failure is told in JSON where JSON is asked for', async () => {
  const said = await cli(scratch(), ['approve', 'nobody', '--json']);
  expect(said.json()).toMatchObject({ error: { code: 'not_found' } });
});

test('init enrols, writes a configuration that is valid and trusted, and never a second time', async () => {
  const place = await enrolled();
  expect((await cli(place, ['status', '--json'])).json()).toMatchObject({
    result: { configuration: 'trusted' },
  });
  const written = readFileSync(place.configFile, 'utf8');
  const again = await cli(place, ['init', '--json', '--passphrase-stdin'], 'another passphrase\n');
  expect(again.json()).toMatchObject({ config: place.configFile, enrolled: true });
  expect(readFileSync(place.configFile, 'utf8')).toBe(written);
  const status = await cli(place, ['status']);
  expect(status.out).toContain(place.root);
  expect(status.out).not.toContain('homeostat init');
});

test('init refuses a short passphrase, and none at all without a terminal', async () => {
  const place = scratch();
  expect((await cli(place, ['init', '--passphrase-stdin'], 'short\n')).code).toBe(2);
  expect((await cli(place, ['init'])).err).toContain('terminal_required');
  expect(existsSync(place.configFile)).toBe(false);
});

test('a configuration that init wrote is changed by a person, then trusted', async () => {
  const place = await enrolled();
  writeFileSync(place.configFile, 'autonomy: full\n');
  const autonomy = async (): Promise<unknown> => (await cli(place, ['status', '--json'])).json()['result'];
  expect(await autonomy()).toMatchObject({ autonomy: 'supervised', configuration: 'untrusted' });
  expect((await cli(place, ['status'])).out).toContain('homeostat trust');
  expect((await cli(place, ['trust'])).code).toBe(3);
  expect((await cli(place, ['trust', '--passphrase-stdin'], typed)).code).toBe(0);
  expect(await autonomy()).toMatchObject({ autonomy: 'full', configuration: 'trusted' });
});

test('a held action is listed, shown, approved and carried out', async () => {
  const place = await enrolled();
  writeFileSync(join(place.root, '.env'), 'A=1\n');
  const id = idOf(await cli(place, ['call', 'delete_file', '{"path":".env"}', '--json']));
  expect((await cli(place, ['approvals'])).out).toContain(id);
  expect((await cli(place, ['approve', id])).code).toBe(3);
  expect((await cli(place, ['approve', id, '--passphrase-stdin'], 'wrong passphrase\n')).err).toContain(
    'wrong_passphrase',
  );
  const done = await cli(place, ['approve', id, '--run', '--passphrase-stdin'], typed);
  expect(done.code).toBe(0);
  expect(done.err).toContain('delete .env');
  expect(existsSync(join(place.root, '.env'))).toBe(false);
  expect((await cli(place, ['approvals'])).err).toContain('nothing waits');
  expect((await cli(place, ['approvals', '--all', '--json'])).json()).toMatchObject({
    result: { approvals: [{ action_id: id, status: 'consumed' }] },
  });
});

test('a held action is denied with a reason, or revoked', async () => {
  const place = await enrolled();
  writeFileSync(join(place.root, '.env'), 'A=1\n');
  const hold = async (): Promise<string> =>
    idOf(await cli(place, ['call', 'delete_file', '{"path":".env"}', '--json']));
  const denied = await hold();
  expect((await cli(place, ['deny', denied, '--reason', 'keep it', '--json'])).json()).toMatchObject({
    status: 'denied',
  });
  expect((await cli(place, ['call', 'wait_for_approval', `{"action_id":"${denied}"}`])).out).toContain(
    'keep it',
  );
  const revoked = await hold();
  expect((await cli(place, ['approve', revoked, '--json', '--passphrase-stdin'], typed)).out).toContain(
    'approved',
  );
  expect((await cli(place, ['revoke', revoked])).err).toContain('revoked');
  expect(existsSync(join(place.root, '.env'))).toBe(true);
});

test('the last action of this folder is undone, then an earlier one by its id', async () => {
  const place = scratch();
  const write = async (path: string): Promise<string> =>
    idOf(await cli(place, ['call', 'write_file', JSON.stringify({ path, content: 'x' }), '--json']));
  const first = await write('one');
  await write('two');
  expect((await cli(place, ['undo', '--dry-run'])).out).toContain('two');
  expect((await cli(place, ['undo'])).code).toBe(0);
  expect(existsSync(join(place.root, 'two'))).toBe(false);
  expect((await cli(place, ['undo', first])).code).toBe(0);
  expect(existsSync(join(place.root, 'one'))).toBe(false);
  expect((await cli(place, ['undo'])).err).toContain('nothing_to_undo');
  expect((await cli(place, ['undo', first])).err).toContain('already_undone');
  const list = await cli(place, ['snapshots']);
  expect(list.out).toContain('create one');
  expect((await cli(place, ['diff', first])).out).toContain('+x');
});

test('call assess_action tells also how an action would be decided', async () => {
  const asked = JSON.stringify({ tool: 'run_command', input: { command: 'rm -rf /' } });
  const said = await cli(scratch(), ['call', 'assess_action', asked]);
  expect(said.code).toBe(0);
  // It may be staged, for the sandbox holds it; what it would change is decided on then.
  expect(said.json()).toMatchObject({ risk: { level: 'DESTRUCTIVE' }, decision: { verdict: 'allow' } });
});

test('the stop is pulled without, and released with the passphrase', async () => {
  const place = await enrolled();
  expect((await cli(place, ['stop', 'smoke', 'in', 'the', 'cellar'])).code).toBe(0);
  const refused = await cli(place, ['run', '--', 'true']);
  expect(refused).toMatchObject({ code: 3 });
  expect(refused.err).toContain('smoke in the cellar');
  expect((await cli(place, ['status'])).out).toContain('homeostat release');
  expect((await cli(place, ['release'])).code).toBe(3);
  expect((await cli(place, ['release', '--passphrase-stdin'], typed)).code).toBe(0);
  expect((await cli(place, ['run', '--', 'true'])).code).toBe(0);
});

test('the record is shown, filtered and verified', async () => {
  const place = scratch();
  await cli(place, ['run', '--', 'true']);
  const all = await cli(place, ['audit', '--limit', '50']);
  expect(all.out).toContain('action.finished');
  const none = await cli(place, ['audit', '--action', 'write_file', '--json']);
  expect(none.json()).toMatchObject({ result: { records: [] } });
  expect((await cli(place, ['audit', 'verify'])).out).toContain('whole');
  expect((await cli(place, ['audit', 'verify', '--json'])).json()).toMatchObject({ ok: true });
  expect((await cli(place, ['audit', '--since', 'yesterday'])).code).toBe(2);
});

test('doctor checks the machine and the state', async () => {
  const place = scratch();
  const { checks } = (await cli(place, ['doctor', '--json'])).json() as {
    checks: { name: string; ok: boolean }[];
  };
  const state = Object.fromEntries(checks.map((c) => [c.name, c.ok]));
  expect(state).toMatchObject({
    node: true,
    bash: true,
    state: true,
    audit: true,
    approver: false,
    roots: true,
  });
  writeFileSync(place.configFile, 'autonomy: total\n');
  const broken = await cli(place, ['doctor']);
  expect(broken.code).toBe(1);
  expect(broken.out).toContain('config.yaml:1: autonomy');
});

test('uninstall says what it would remove, then removes that and leaves roots alone', async () => {
  const place = await enrolled();
  writeFileSync(join(place.root, 'mine'), 'x');
  writeFileSync(join(place.home, 'not-ours'), 'x');
  // All that docs/state.md speaks of.
  for (const name of ['caches', 'runs', 'samples']) mkdirSync(join(place.home, name), { recursive: true });
  writeFileSync(join(place.home, 'tokens.json'), '{}');
  expect((await cli(place, ['uninstall'])).out).toContain('uninstall --yes');
  expect((await cli(place, ['uninstall', '--yes'])).code).toBe(3);
  expect(existsSync(join(place.home, 'state.db'))).toBe(true);
  expect((await cli(place, ['uninstall', '--yes', '--passphrase-stdin'], typed)).code).toBe(0);
  // Signed heads of a record that is gone would make the next one a forged one.
  expect(readdirSync(place.home)).toEqual(['not-ours']);
  expect(existsSync(place.configFile)).toBe(false);
  expect(readFileSync(join(place.root, 'mine'), 'utf8')).toBe('x');
  expect(existsSync(join(place.home, 'not-ours'))).toBe(true);
});

test('a broken configuration is no way round the passphrase of uninstall', async () => {
  const place = await enrolled();
  const broken = join(place.base, 'broken.yaml');
  writeFileSync(broken, 'autonomy: total\n');
  expect((await cli(place, ['--config', broken, 'uninstall', '--yes'])).code).not.toBe(0);
  expect(existsSync(join(place.home, 'state.db'))).toBe(true);
});

test('queries alone are offered where only reading is allowed', async () => {
  const place = scratch();
  const said = await cli(place, [
    '--read-only',
    'call',
    'write_file',
    '{"path":"a","content":"x"}',
    '--json',
  ]);
  expect(said.json()).toMatchObject({ error: { code: 'unknown_tool' } });
  expect((await cli(place, ['--read-only', 'call', 'list_files'])).code).toBe(0);
});

test('snapshots are listed, pinned, unpinned with the passphrase, and collected, each with its exit code', async () => {
  const place = await enrolled();
  writeFileSync(place.configFile, 'retention:\n  snapshots: 1\n');
  expect((await cli(place, ['trust', '--passphrase-stdin'], typed)).code).toBe(0);
  const [first = '', second = '', third = ''] = await inTurn(['a', 'b', 'c'], async (path) =>
    idOf(await cli(place, ['call', 'write_file', JSON.stringify({ path, content: path }), '--json'])),
  );
  const pinned = await cli(place, ['snapshots', 'pin', first, '--json']);
  expect([pinned.code, pinned.json()]).toEqual([0, { snapshot_id: first, pinned: true }]);
  for (const list of [['snapshots'], ['snapshots', 'list']]) {
    const lines = (await cli(place, list)).out.trim().split('\n');
    expect(lines.map((line) => [line.slice(0, 10), line.includes('pinned')])).toEqual([
      [third, false],
      [second, false],
      [first, true],
    ]);
  }
  expect((await cli(place, ['snapshots', 'pin', 'nobody'])).code).toBe(3);
  expect((await cli(place, ['snapshots', 'unpin', first])).code).toBe(3);
  expect((await cli(place, ['snapshots', 'nonsense'])).code).toBe(2);
  const dry = await cli(place, ['snapshots', 'gc', '--dry-run', '--json']);
  expect([dry.code, dry.json()]).toMatchObject([0, { dry_run: true, snapshots: [], busy: false }]);
  expect((await cli(place, ['snapshots', 'gc', '--dry-run'])).err).toContain('0.0 MB would be freed');
  expect((await cli(place, ['snapshots', 'unpin', first, '--passphrase-stdin'], typed)).code).toBe(0);
  const gone = await cli(place, ['snapshots', 'gc']);
  expect([gone.code, gone.err]).toEqual([0, '0.0 MB were freed\n']);
  expect((await cli(place, ['audit', '--json', '--action', 'snapshots gc'])).out).toContain(
    'snapshots.collected',
  );
});

async function inTurn<T, R>(all: readonly T[], work: (one: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  for (const one of all) results.push(await work(one));
  return results;
}

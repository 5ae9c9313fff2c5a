import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import Database from 'better-sqlite3';
import { PACKAGE_ROOT } from '../../../src/app.ts';
import type { ChainVerdict } from '../../../src/core/gateway.ts';
import { openSigner } from '../../../src/store/audit-signer.ts';
import { testApp } from '../../helpers/app.ts';
import { cli } from '../../helpers/cli-in-process.ts';
import { atDay } from '../../helpers/day-clock.ts';
import { type Scratch, scratch } from '../../helpers/scratch.ts';

afterEach(() => vi.useRealTimers());

const PASS = 'a passphrase\n';
const headsOf = (place: Scratch): string => join(place.home, 'audit', 'heads.jsonl');
const anchorOf = (place: Scratch): string => join(place.base, 'anchor.jsonl');
const lastOf = (path: string): string | undefined =>
  existsSync(path) ? readFileSync(path, 'utf8').trim().split('\n').at(-1) : undefined;

/** One action at a time of the day, after which its head is signed and with the anchor. */
async function work(place: Scratch, at: string, name: string): Promise<void> {
  atDay(at);
  const t = await testApp({ on: place });
  expect((await t.act('write_file', { path: name, content: at })).outcome).toBe('succeeded');
  await vi.waitFor(() => expect(lastOf(anchorOf(place))).toBe(lastOf(headsOf(place))), 10_000);
  await t.close();
  expect((await cli(place, ['status'])).code).toBe(0);
}

/** A state that is put back to where it was two days before: the database alone, or its whole folder. */
async function restored(what: 'database' | 'folder'): Promise<Scratch> {
  const place = scratch();
  atDay('2026-03-01T10:00:00.000Z');
  writeFileSync(place.configFile, `audit:\n  anchor: 'cat >> ${anchorOf(place)}'\n`);
  await cli(place, ['init', '--passphrase-stdin'], PASS);
  await cli(place, ['trust', '--passphrase-stdin'], PASS);
  await work(place, '2026-03-01T11:00:00.000Z', 'a.txt');
  const copy = join(place.base, 'copy');
  cpSync(place.home, copy, { recursive: true });
  await work(place, '2026-03-02T11:00:00.000Z', 'b.txt');
  await work(place, '2026-03-03T11:00:00.000Z', 'c.txt');
  if (what === 'folder') rmSync(place.home, { recursive: true });
  for (const name of what === 'folder' ? ['.'] : ['state.db'])
    cpSync(join(copy, name), join(place.home, name), { recursive: true, force: true });
  atDay('2026-03-03T12:00:00.000Z');
  return place;
}

async function verdict(place: Scratch, ...more: string[]): Promise<ChainVerdict> {
  return (await cli(place, ['audit', 'verify', '--json', ...more])).json() as unknown as ChainVerdict;
}

function python(place: Scratch): { status: number | null; said: string } {
  const script = join(PACKAGE_ROOT, 'docs', 'verify_audit.py');
  const { status, stdout, stderr } = spawnSync('python3', [script, place.home], { encoding: 'utf8' });
  return { status, said: stdout + stderr };
}

test('an older database is accepted by a person alone, and told of ever after', async () => {
  const place = await restored('database');
  const before = await verdict(place);
  expect(before).toMatchObject({ ok: false, problem: { kind: 'older_copy' } });
  const t = await testApp({ on: place });
  expect((await t.act('write_file', { path: 'd.txt', content: '' })).error?.code).toBe('state_corrupt');
  const asked = await t.act('run_command', { command: 'homeostat audit accept --passphrase-stdin' });
  expect(asked.outcome).not.toBe('succeeded');
  await t.close();
  expect((await cli(place, ['audit', 'accept'])).err).toContain('terminal_required');
  const guess = await cli(place, ['audit', 'accept', '--passphrase-stdin'], 'a guess\n');
  expect(guess.err).toContain('wrong_passphrase');
  expect((await verdict(place)).ok).toBe(false);
  expect(python(place)).toMatchObject({ status: 1, said: expect.stringContaining('older_copy') });

  expect((await cli(place, ['audit', 'accept', '--passphrase-stdin'], PASS)).code).toBe(0);
  const accepted = await verdict(place);
  expect(accepted).toMatchObject({ ok: true, problem: null, accepted: [{ heads: expect.any(Number) }] });
  expect(accepted.accepted[0]?.heads).toBeGreaterThan(0);
  expect((await cli(place, ['audit', 'verify'])).out).toContain('a person accepted that');
  expect(python(place)).toMatchObject({ status: 0, said: expect.stringContaining('accepted by a person') });
  const aside = readdirSync(join(place.home, 'audit', 'set-aside'));
  expect(aside.some((name) => name.endsWith('2026-03-02.jsonl'))).toBe(true);
  // Somebody else sees it in the anchor.
  expect(readFileSync(anchorOf(place), 'utf8')).toContain('"kind":"accepted"');

  await work(place, '2026-03-03T13:00:00.000Z', 'd.txt');
  await work(place, '2026-03-04T13:00:00.000Z', 'e.txt');
  expect(await verdict(place, '--anchor', anchorOf(place))).toMatchObject({ ok: true });
  expect(python(place).status).toBe(0);
  const again = await cli(place, ['audit', 'accept', '--passphrase-stdin'], PASS);
  expect(again.err).toContain('nothing to accept');
  cpSync(join(place.base, 'copy', 'state.db'), join(place.home, 'state.db'));
  expect(await verdict(place)).toMatchObject({ ok: false, accepted: [] });
  expect(python(place).status).toBe(1);
});

test('an older copy of the whole state is accepted against what the anchor kept', async () => {
  const place = await restored('folder');
  const anchor = ['--anchor', anchorOf(place)];
  const without = await cli(place, ['audit', 'accept', '--passphrase-stdin'], PASS);
  expect(without.err).toContain('nothing to accept');
  expect(await verdict(place, ...anchor)).toMatchObject({ ok: false, problem: { kind: 'older_copy' } });
  expect((await cli(place, ['audit', 'accept', ...anchor, '--passphrase-stdin'], PASS)).code).toBe(0);
  expect(await verdict(place, ...anchor)).toMatchObject({
    ok: true,
    accepted: [{ from: expect.any(Number) }],
  });
  await work(place, '2026-03-03T13:00:00.000Z', 'd.txt');
  expect(await verdict(place, ...anchor)).toMatchObject({ ok: true });
});

test('a chain that is broken in itself is not accepted, nor is a word that this state has not signed', async () => {
  const place = await restored('database');
  const last = lastOf(headsOf(place)) ?? '';
  const { seq, hash, time } = JSON.parse(last) as { seq: number; hash: string; time: string };
  const forged = openSigner(join(place.base, 'other.pem')).sign({
    kind: 'accepted',
    from: 1,
    seq,
    hash,
    time,
  });
  const heads = readFileSync(headsOf(place));
  writeFileSync(headsOf(place), `${JSON.stringify(forged)}\n`, { flag: 'a' });
  expect(await verdict(place)).toMatchObject({ ok: false, accepted: [] });
  writeFileSync(headsOf(place), heads);

  const db = new Database(join(place.home, 'state.db'));
  db.exec('DROP TRIGGER audit_is_append_only_update');
  db.exec("UPDATE audit SET body = replace(body, 'a.txt', 'b.txt') WHERE instr(body, 'a.txt')");
  db.close();
  expect(await verdict(place)).toMatchObject({ ok: false, problem: { kind: 'changed_record' } });
  expect((await cli(place, ['audit', 'accept', '--passphrase-stdin'], PASS)).code).not.toBe(0);
  expect(await verdict(place)).toMatchObject({
    ok: false,
    problem: { kind: 'changed_record' },
    accepted: [],
  });
});

import Database from 'better-sqlite3';
import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { PACKAGE_ROOT } from '../../../src/app.ts';
import type { ChainVerdict } from '../../../src/core/gateway.ts';
import { canonical } from '../../../src/store/canonical.ts';
import { sha256 } from '../../../src/store/objects.ts';
import { openSigner } from '../../../src/store/audit-signer.ts';
import { testApp } from '../../helpers/app.ts';
import { cli } from '../../helpers/cli-in-process.ts';
import { atDay } from '../../helpers/day-clock.ts';
import { type Scratch, scratch } from '../../helpers/scratch.ts';

afterEach(() => vi.useRealTimers());

interface Kept extends Scratch {
  /** Where the anchor command has put the signed heads. */
  readonly anchor: string;
}

let made = '';

/** A state with an archived day, a sealed one and today's records, all of it signed; each test gets a copy. */
beforeAll(async () => {
  const place = scratch();
  const anchor = join(place.base, 'anchor.jsonl');
  for (const day of ['2026-03-01', '2026-03-05', '2026-03-06']) {
    atDay(`${day}T12:00:00.000Z`);
    if (made === '') await cli(place, ['init', '--passphrase-stdin'], 'a passphrase\n');
    writeFileSync(place.configFile, `audit:\n  days: 3\n  anchor: 'cat >> ${anchor}'\n`);
    await cli(place, ['trust', '--passphrase-stdin'], 'a passphrase\n');
    const t = await testApp({ on: place });
    for (let n = 0; n < 2; n++) await t.act('write_file', { path: `${day}.txt`, content: String(n) });
    await t.close();
    made = mkdtempSync(join(tmpdir(), 'homeostat-tamper-'));
  }
  // One more start, an hour on: what is due is signed, sealed and archived.
  atDay('2026-03-06T13:00:00.000Z');
  await cli(place, ['status']);
  await vi.waitUntil(() => heads(anchor).at(-1)?.seq === heads(headsOf(place)).at(-1)?.seq, 10_000);
  cpSync(place.base, made, { recursive: true });
  vi.useRealTimers();
}, 120_000);
afterAll(() => rmSync(made, { recursive: true, force: true }));

function kept(): Kept {
  const place = scratch();
  cpSync(made, place.base, { recursive: true });
  const anchor = join(place.base, 'anchor.jsonl');
  const config = `audit:\n  days: 3\n  anchor: 'cat >> ${anchor}'\n`;
  writeFileSync(place.configFile, config);
  // The clock stands where it stood, so that nothing is due.
  atDay('2026-03-06T13:01:00.000Z');
  return { ...place, anchor };
}

const headsOf = (place: Scratch): string => join(place.home, 'audit', 'heads.jsonl');
const heads = (path: string): { seq: number; hash: string; time: string }[] =>
  existsSync(path)
    ? readFileSync(path, 'utf8')
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as { seq: number; hash: string; time: string })
    : [];

/** What our own verifier says, and the one in another language. */
async function verdicts(
  place: Scratch,
  ...more: string[]
): Promise<[ChainVerdict, { code: number; said: string }]> {
  const ours = await cli(place, ['audit', 'verify', '--json', ...more]);
  const script = join(PACKAGE_ROOT, 'docs', 'verify_audit.py');
  const { status, stdout, stderr } = spawnSync('python3', [script, place.home], { encoding: 'utf8' });
  return [ours.json() as unknown as ChainVerdict, { code: status ?? -1, said: stdout + stderr }];
}

/** Writes to the database as somebody would who has the file. */
function change(place: Scratch, work: (db: Database.Database) => void): void {
  const db = new Database(join(place.home, 'state.db'));
  for (const { name } of db
    .prepare<[], { name: string }>(
      "SELECT name FROM sqlite_schema WHERE type = 'trigger' AND name LIKE 'audit%'",
    )
    .all())
    db.exec(`DROP TRIGGER ${name}`);
  db.transaction(work)(db);
  db.close();
}

interface Row {
  seq: number;
  hash: string;
  body: string;
}
const rows = (db: Database.Database): Row[] =>
  db.prepare<[], Row>('SELECT seq, hash, body FROM audit ORDER BY seq').all();

/** Changes a record and writes all that follow it anew, so that the chain is whole in itself. */
function rewrite(db: Database.Database, from: number): void {
  let prev: string | null = null;
  for (const row of rows(db).filter(({ seq }) => seq >= from)) {
    const body = JSON.parse(row.body) as Record<string, unknown>;
    const text = canonical({ ...body, ...(prev === null ? { agent: 'somebody else' } : { prev }) });
    prev = sha256(text);
    db.prepare('UPDATE audit SET body = ?, hash = ? WHERE seq = ?').run(text, prev, row.seq);
  }
}

const lastOf = (db: Database.Database): number => rows(db).at(-1)?.seq ?? 0;

test('what is as it was is whole, for both verifiers, over archive, sealed days and today', async () => {
  const place = kept();
  const [ours, theirs] = await verdicts(place, '--anchor', place.anchor);
  expect(ours).toMatchObject({ ok: true, problem: null, days: 2 });
  expect(ours.heads).toBeGreaterThanOrEqual(3);
  // Also the first, which was signed before the configuration that names the anchor was trusted.
  expect(ours.anchored).toBe(ours.heads);
  expect(theirs).toMatchObject({ code: 0, said: expect.stringContaining(`record ${ours.records};`) });
  expect(readdirSync(join(place.home, 'audit', 'archive'))).toEqual(['2026-03-01.jsonl.gz']);
  expect(statSync(join(place.home, 'audit', 'key.pem')).mode & 0o777).toBe(0o600);
  const db = new Database(join(place.home, 'state.db'));
  expect(rows(db)[0]?.seq).toBeGreaterThan(1);
  // Of what is sealed but not archived, nothing can be deleted.
  expect(() => db.exec('DELETE FROM audit')).toThrow('append-only');
  expect(() => db.exec('DELETE FROM audit_days')).toThrow('append-only');
  expect(() => db.exec('UPDATE audit_days SET last_seq = 1')).toThrow('append-only');
  db.close();
});

const CASES: [string, string, (place: Kept) => void | Promise<void>][] = [
  [
    'a changed record',
    'changed_record',
    (p) =>
      change(p, (db) =>
        db.exec(
          "UPDATE audit SET body = replace(body, 'LOW', 'SAFE') WHERE seq = (SELECT max(seq) - 1 FROM audit)",
        ),
      ),
  ],
  [
    'a removed record',
    'removed_record',
    (p) => change(p, (db) => db.exec('DELETE FROM audit WHERE seq = (SELECT max(seq) - 1 FROM audit)')),
  ],
  [
    'removed first records',
    'removed_record',
    (p) => change(p, (db) => db.exec('DELETE FROM audit WHERE seq <= (SELECT min(seq) + 1 FROM audit)')),
  ],
  [
    'a cut tail',
    'cut_tail',
    (p) => change(p, (db) => db.exec('DELETE FROM audit WHERE seq = (SELECT max(seq) FROM audit)')),
  ],
  [
    'a cut tail and a mended mark',
    'older_copy',
    (p) =>
      change(p, (db) => {
        db.exec('DELETE FROM audit WHERE seq >= (SELECT max(seq) - 1 FROM audit)');
        db.exec('UPDATE audit_mark SET seq = (SELECT max(seq) FROM audit)');
      }),
  ],
  ['a chain that was written anew', 'rewritten', (p) => change(p, (db) => rewrite(db, lastOf(db) - 2))],
  [
    'two records exchanged',
    'reordered',
    (p) =>
      change(p, (db) => {
        const last = lastOf(db);
        for (const [from, to] of [
          [last, 0],
          [last - 1, last],
          [0, last - 1],
        ])
          db.prepare('UPDATE audit SET seq = ? WHERE seq = ?').run(to, from);
      }),
  ],
  [
    'a record that goes on from an earlier one',
    'fork',
    (p) =>
      change(p, (db) => {
        const [a, , c] = rows(db).slice(-3);
        const body = canonical({ ...(JSON.parse(c?.body ?? '') as object), prev: a?.hash });
        db.prepare('UPDATE audit SET body = ?, hash = ? WHERE seq = ?').run(body, sha256(body), c?.seq);
      }),
  ],
  [
    'a changed head',
    'bad_signature',
    (p) => {
      const [first, ...rest] = readFileSync(headsOf(p), 'utf8').split('\n');
      writeFileSync(headsOf(p), [first?.replace('2026-03', '2026-04'), ...rest].join('\n'));
    },
  ],
  [
    'a head of another key',
    'bad_signature',
    (p) => {
      const head = heads(p.anchor).at(-1);
      const other = openSigner(join(p.base, 'other.pem')).sign({
        kind: 'interval',
        seq: head?.seq,
        hash: head?.hash,
        time: head?.time,
      });
      writeFileSync(headsOf(p), `${JSON.stringify(other)}\n`);
    },
  ],
  [
    'a changed sealed file',
    'sealed_file_changed',
    (p) => {
      const path = join(p.home, 'audit', '2026-03-05.jsonl');
      writeFileSync(`${path}.new`, readFileSync(path, 'utf8').replace('LOW', 'SAFE'));
      rmSync(path);
      cpSync(`${path}.new`, path);
    },
  ],
  [
    'an archived day that is gone',
    'sealed_file_changed',
    (p) => rmSync(join(p.home, 'audit', 'archive', '2026-03-01.jsonl.gz')),
  ],
];

/** The stand-alone verifier does not look at signatures. */
const SIGNATURES = 'bad_signature';

test.each(CASES)('%s is found as %s', async (_, kind, tamper) => {
  const place = kept();
  await tamper(place);
  const [ours, theirs] = await verdicts(place);
  expect(ours).toMatchObject({ ok: false, problem: { kind } });
  expect(ours.problem?.seq).toBeGreaterThan(0);
  if (kind === SIGNATURES) return;
  expect(theirs.code).toBe(1);
  expect(theirs.said).toContain(kind);
  if (kind !== 'sealed_file_changed' && kind !== 'rewritten')
    expect(theirs.said).toContain(`record ${ours.problem?.seq}:`);
});

test('an older copy of the whole state is found with an anchor alone, and the one without says nothing', async () => {
  const place = kept();
  const copy = join(place.base, 'copy');
  cpSync(place.home, copy, { recursive: true });
  await cli(place, ['trust', '--passphrase-stdin'], 'a passphrase\n');
  const t = await testApp({ on: place });
  await t.act('write_file', { path: 'hidden.txt', content: 'x' });
  await t.close();
  atDay('2026-03-06T14:00:00.000Z');
  await cli(place, ['status']);
  await vi.waitFor(() => expect(heads(place.anchor).at(-1)?.time).toMatch(/T14:/), 10_000);
  rmSync(place.home, { recursive: true });
  cpSync(copy, place.home, { recursive: true });
  const [without] = await verdicts(place);
  expect(without.ok).toBe(true);
  const [withAnchor] = await verdicts(place, '--anchor', place.anchor);
  expect(withAnchor).toMatchObject({ ok: false, problem: { kind: 'older_copy' } });
});

test('a history that was written anew and signed anew with the state’s own key is found with an anchor', async () => {
  const place = kept();
  change(place, (db) => rewrite(db, lastOf(db) - 2));
  const db = new Database(join(place.home, 'state.db'));
  const end = rows(db).at(-1);
  db.close();
  const signer = openSigner(join(place.home, 'audit', 'key.pem'));
  const old = readFileSync(headsOf(place), 'utf8').trim().split('\n').slice(0, -1);
  const forged = signer.sign({
    kind: 'interval',
    seq: end?.seq,
    hash: end?.hash,
    time: '2026-03-06T13:00:00.000Z',
  });
  writeFileSync(headsOf(place), `${[...old, JSON.stringify(forged)].join('\n')}\n`);
  expect((await verdicts(place))[0].ok).toBe(true);
  const [ours] = await verdicts(place, '--anchor', place.anchor);
  expect(ours).toMatchObject({ ok: false, problem: { kind: expect.stringMatching(/^(rewritten|fork)$/) } });
});

test.each([
  [
    'changed',
    "UPDATE audit SET body = replace(body, 'LOW', 'SAFE') WHERE seq = (SELECT max(seq) FROM audit)",
  ],
  ['cut', 'DELETE FROM audit WHERE seq = (SELECT max(seq) FROM audit)'],
])('with a %s record at the end nothing is executed, and a person can still look', async (_, sql) => {
  const place = kept();
  change(place, (db) => db.exec(sql));
  const t = await testApp({ on: place });
  const report = await t.act('write_file', { path: 'never.txt', content: 'x' });
  expect(report).toMatchObject({ outcome: 'failed', error: { code: 'state_corrupt' } });
  expect(existsSync(join(place.root, 'never.txt'))).toBe(false);
  expect((await t.ask('query_audit')).outcome).toBe('succeeded');
  await t.close().catch(() => undefined);
  expect((await cli(place, ['audit', 'verify'])).code).toBe(1);
});

test('a chain that is broken while a server runs stops it with the next record', async () => {
  const place = kept();
  const t = await testApp({ on: place });
  expect((await t.act('write_file', { path: 'a.txt', content: 'x' })).outcome).toBe('succeeded');
  change(place, (db) =>
    db.exec(
      "UPDATE audit SET body = replace(body, 'a.txt', 'b.txt'), hash = 'x' WHERE seq = (SELECT max(seq) FROM audit)",
    ),
  );
  const report = await t.act('write_file', { path: 'never.txt', content: 'x' });
  expect(report.error?.code).toBe('state_corrupt');
  expect(existsSync(join(place.root, 'never.txt'))).toBe(false);
  await t.close().catch(() => undefined);
});

test('an anchor that fails is on record and holds up nothing', async () => {
  const place = scratch("audit:\n  anchor: 'exit 7'\n");
  await cli(place, ['init', '--passphrase-stdin'], 'a passphrase\n');
  await cli(place, ['trust', '--passphrase-stdin'], 'a passphrase\n');
  atDay(new Date(Date.now() + 3_600_000).toISOString());
  const t = await testApp({ on: place });
  expect((await t.act('write_file', { path: 'a.txt', content: 'x' })).outcome).toBe('succeeded');
  await vi.waitFor(async () => {
    const { result } = await t.ask('query_audit', { event: 'audit.anchor_failed' });
    expect(result).toMatchObject({ records: [{ detail: 'it ended with 7' }] });
  }, 10_000);
  await t.close();
});

test('what an anchor did not take is given to it again, in its order, and until then verify and doctor say so', async () => {
  const place = scratch();
  const [anchor, works] = [join(place.base, 'anchor.jsonl'), join(place.base, 'works')];
  writeFileSync(place.configFile, `audit:\n  anchor: 'test -e ${works} && cat >> ${anchor}'\n`);
  await cli(place, ['init', '--passphrase-stdin'], 'a passphrase\n');
  await cli(place, ['trust', '--passphrase-stdin'], 'a passphrase\n');
  const begun = Date.now();
  const later = async (hours: number): Promise<void> => {
    atDay(new Date(begun + hours * 3_600_000).toISOString());
    const before = heads(headsOf(place)).length;
    const t = await testApp({ on: place });
    expect((await t.act('write_file', { path: 'a.txt', content: String(hours) })).outcome).toBe('succeeded');
    await vi.waitFor(() => expect(heads(headsOf(place)).length).toBeGreaterThan(before), 10_000);
    await t.close();
  };
  const verdict = async () =>
    (await cli(place, ['audit', 'verify', '--json'])).json() as unknown as ChainVerdict;
  await later(1);
  await later(2);
  const waiting = heads(headsOf(place)).length;
  expect(waiting).toBeGreaterThan(1);
  expect(await verdict()).toMatchObject({ ok: true, anchor: { waiting, failure: 'it ended with 1' } });
  expect((await cli(place, ['audit', 'verify'])).out).toContain(`has not taken ${waiting} signed heads`);
  expect((await cli(place, ['doctor'])).out).toContain(`has not taken ${waiting} signed heads`);
  writeFileSync(works, '');
  await later(3);
  await vi.waitFor(
    async () => expect((await verdict()).anchor).toEqual({ waiting: 0, failure: null }),
    10_000,
  );
  expect(readFileSync(anchor, 'utf8')).toBe(readFileSync(headsOf(place), 'utf8'));
  const t = await testApp({ on: place });
  // However often it failed in the same way.
  const { result } = await t.ask('query_audit', { event: 'audit.anchor_failed' });
  expect(result).toMatchObject({ records: [{ detail: 'it ended with 1' }] });
  await t.close();
});

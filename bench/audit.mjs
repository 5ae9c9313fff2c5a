// The audit: records a second against this disk's own fdatasync, many calls and many processes at once, pages and
// verification over a million records, bytes a record. `node bench/audit.mjs [RECORDS]`; it tells and does not judge.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, fdatasyncSync, mkdtempSync, openSync, rmSync, statSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { BLANK } from '../dist/store/audit.js';
import { readHeads } from '../dist/store/audit-heads.js';
import { verifyAudit } from '../dist/store/audit-verify.js';
import { homeAt } from '../dist/store/home.js';
import { openStore } from '../dist/store/store.js';
import { atShare, p50 } from './harness.mjs';

const WARM_UP = 600;
/** Records that are made before anything is measured: what a caller does to make one is not the audit's. */
const MADE = 5000;
const ROUNDS = 7;
const ROUND_MS = 600;
const AT_ONCE = 32;
const PROCESSES_MS = 4000;
const LEVELS = /** @type {const} */ (['SAFE', 'LOW', 'LOW', 'MEDIUM', 'HIGH']);
const TOOLS = ['run_command', 'write_file', 'edit_file', 'rollback'];

/** @param {number} i */
const entry = (i) => ({
  ...BLANK,
  agent: `claude-code/card-${i % 7}/user`,
  event: 'action.intended',
  action: TOOLS[i % TOOLS.length] ?? '',
  action_id: `k${i.toString(36).padStart(9, '0')}`,
  parameters: {
    command: `npm run build -- --filter part-${i % 1000}`,
    reason: `change number ${i}`,
    dry_run: false,
  },
  resources: [`file:/home/user/project/src/part-${i % 1000}/file-${i % 100_000}.ts`],
  risk_level: i % 9973 === 0 ? /** @type {const} */ ('DESTRUCTIVE') : (LEVELS[i % LEVELS.length] ?? null),
  result: i % 501 === 0 ? /** @type {const} */ ('rolled_back') : /** @type {const} */ ('succeeded'),
  detail: 'allow: level',
});

const made = Array.from({ length: MADE }, (_, i) => entry(i));
/** @param {number} i */
const madeEntry = (i) => made[i % MADE] ?? entry(i);

/** @param {string} folder */
const storeIn = (folder) => openStore(homeAt(join(folder, 'state')));

/**
 * How often a second something can be done one after the other.
 * @param {number} ms
 * @param {() => void} work
 */
function rate(ms, work) {
  const started = performance.now();
  let n = 0;
  for (; performance.now() - started < ms; n++) work();
  return (n * 1000) / (performance.now() - started);
}

/** What a flush of one page costs where the file has its size already, as a write-ahead log has. */
function diskRate(/** @type {string} */ folder) {
  const page = Buffer.alloc(4120, 1);
  const file = openSync(join(folder, 'reference'), 'w');
  for (let n = 0; n < 1000; n++) writeSync(file, page);
  fdatasyncSync(file);
  let n = 0;
  const found = rate(ROUND_MS, () => {
    writeSync(file, page, 0, page.length, (n++ % 1000) * page.length);
    fdatasyncSync(file);
  });
  closeSync(file);
  return found;
}

/** @param {import('../dist/store/store.js').Store} store */
async function groupRate(store) {
  const started = performance.now();
  let n = 0;
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      while (performance.now() - started < ROUND_MS) {
        const mine = n++;
        await store.group(() => store.audit.append(madeEntry(mine)));
      }
    }),
  );
  return (n * 1000) / (performance.now() - started);
}

/** One of many processes: writes for so long when it is told to begin, and says how many, and its longest wait. */
async function writer(/** @type {string} */ folder) {
  const store = storeIn(folder);
  process.stdout.write('ready\n');
  await once(process.stdin, 'data');
  const started = performance.now();
  let [n, longest] = [0, 0];
  for (let asked = started; asked < started + PROCESSES_MS; n++) {
    store.write(() => store.audit.append(madeEntry(n)));
    const done = performance.now();
    longest = Math.max(longest, done - asked);
    asked = done;
  }
  process.stdout.write(JSON.stringify({ n, longest }));
  process.exit();
}

async function many(/** @type {string} */ folder, /** @type {number} */ processes) {
  const children = Array.from({ length: processes }, () =>
    spawn(process.execPath, [fileURLToPath(import.meta.url), 'writer', folder], {
      stdio: ['pipe', 'pipe', 'inherit'],
    }),
  );
  await Promise.all(children.map(async ({ stdout }) => once(stdout, 'data')));
  const answers = await Promise.all(
    children.map(async (child) => {
      let said = '';
      child.stdout.on('data', (chunk) => (said += String(chunk)));
      child.stdin.write('go\n');
      await once(child, 'close');
      return /** @type {{ n: number, longest: number }} */ (JSON.parse(said));
    }),
  );
  return {
    rate: (answers.reduce((sum, { n }) => sum + n, 0) * 1000) / PROCESSES_MS,
    longest: Math.max(...answers.map(({ longest }) => longest)),
    least: Math.min(...answers.map(({ n }) => n)),
  };
}

/** @param {string} name @param {string} found @param {string} target */
const tell = (name, found, target) =>
  process.stdout.write(`| ${name.padEnd(58)} | ${found.padEnd(44)} | ${target} |\n`);

async function writing(/** @type {string} */ folder) {
  const store = storeIn(folder);
  let n = 0;
  // Once its log has the size that it keeps, a flush changes no file's size any more.
  for (; n < WARM_UP; n++) store.write(() => store.audit.append(entry(n)));
  const rounds = [];
  for (let round = 0; round < ROUNDS; round++) {
    const disk = diskRate(folder);
    const one = rate(ROUND_MS, () => store.write(() => store.audit.append(madeEntry(n++))));
    rounds.push({ disk, one, grouped: await groupRate(store), share: one / disk });
  }
  const middle = (/** @type {'disk' | 'one' | 'grouped' | 'share'} */ name) =>
    p50(rounds.map((r) => r[name]));
  store.close();
  tell('fdatasync of one page', `${middle('disk').toFixed(0)}/s`, '-');
  tell(
    'one record a transaction',
    `${middle('one').toFixed(0)}/s, ${(middle('share') * 100).toFixed(0)} % of fdatasync`,
    'at least 80 %',
  );
  tell(
    `${AT_ONCE} concurrent calls in one process`,
    `${middle('grouped').toFixed(0)}/s, ${(middle('grouped') / middle('one')).toFixed(1)} times; ${(middle('grouped') / middle('disk')).toFixed(1)} of fdatasync`,
    'at least 5 times; 4.0',
  );
  const alone = await many(folder, 1);
  const together = await many(folder, AT_ONCE);
  tell('one process by itself', `${alone.rate.toFixed(0)}/s`, '-');
  tell(
    `${AT_ONCE} processes`,
    `${together.rate.toFixed(0)}/s; longest wait ${together.longest.toFixed(0)} ms, least ${together.least} records`,
    'no less than one; at most 1000 ms',
  );
}

const QUERIES = /** @type {[string, object, number][]} */ ([
  ['newest of all', {}, 10],
  ['by agent', { agent: 'claude-code/card-3/user' }, 10],
  ['by rare risk', { risk: 'DESTRUCTIVE' }, 10],
  ['by outcome', { result: 'rolled_back' }, 10],
  ['by resource, a folder', { resource: '/home/user/project/src/part-17' }, 10],
  ['by action', { action_id: 'k000001000' }, 10],
  ['by a time long past', { until: 'MIDDLE' }, 10],
  ['by a common word', { text: 'build' }, 10],
  ['by a rare word', { text: 'part 77 number 1077' }, 10],
  [
    'agent, risk and tool',
    { agent: 'claude-code/card-3/user', risk: 'DESTRUCTIVE', action: 'run_command' },
    300,
  ],
  ['words, outcome and time', { text: 'build change', result: 'rolled_back', until: 'MIDDLE' }, 300],
  ['what nothing fulfils', { agent: 'claude-code/card-3/user', text: 'build', result: 'unknown' }, 300],
]);

function reading(/** @type {string} */ folder, /** @type {number} */ records) {
  const store = storeIn(folder);
  const before = store.audit.count();
  for (let n = before; n < records; n += 1000)
    store.write(() => {
      for (let i = n; i < Math.min(n + 1000, records); i++) store.audit.append(entry(i));
    });
  const started = performance.now();
  while (store.write(() => store.audit.index(2000)));
  const indexed = (records * 1000) / (performance.now() - started);
  const middle = JSON.parse(store.audit.link(records >> 1)?.body ?? '{}').time;
  tell('records indexed', `${indexed.toFixed(0)}/s`, '-');
  for (const [name, filter, most] of QUERIES) {
    const asked = { ...filter, ...('until' in filter ? { until: middle } : {}), limit: 50 };
    const times = [];
    for (let page = 0, cursor = {}; page < 40; page++) {
      const from = performance.now();
      const found = store.audit.query({ ...asked, ...cursor });
      times.push(performance.now() - from);
      const last = found.at(-1)?.seq;
      cursor = last === undefined || found.length < 50 ? {} : { before: last };
    }
    const p95 = atShare(times, 0.95);
    tell(
      `page of 50, ${name}`,
      `p50 ${p50(times).toFixed(2)} ms, p95 ${p95.toFixed(2)} ms`,
      `at most ${most} ms`,
    );
  }
  const from = performance.now();
  const heads = readHeads(store.home.auditHeads);
  const verdict = verifyAudit({ log: store.audit, days: store.auditDays, heads, anchored: [], key: null });
  const verified = (verdict.records * 1000) / (performance.now() - from);
  tell(
    `verify (${verdict.ok ? 'whole' : 'broken'})`,
    `${verified.toFixed(0)} records/s`,
    'at least 200000/s',
  );
  store.close();
  const bytes = statSync(join(folder, 'state', 'state.db')).size / records;
  tell('bytes a record with its index', bytes.toFixed(0), 'at most 1200');
}

if (process.argv[2] === 'writer') await writer(process.argv[3] ?? '');
else {
  const folder = mkdtempSync(join(tmpdir(), 'homeostat-bench-audit-'));
  try {
    await writing(folder);
    reading(folder, Number(process.argv[2] ?? 1_000_000));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

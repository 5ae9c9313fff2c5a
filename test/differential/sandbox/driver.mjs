import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { createInterface } from 'node:readline';
import { PROBES, opening } from './confinement.mjs';
import { differences, restore, scan } from './tree.mjs';

const [hostCanary] = process.argv.slice(2);
const TRACE = '/trace/ran';
const SECONDS = 4;
/** Longer files are no scripts, and nobody reads them before a decision. */
const MOST_TEXT = 4096;

// Waits for what the line left running, as the first process of its own namespace adopts it all.
const RUNNER =
  'ulimit -f 20480; ulimit -t 4; bash -c "$1"; code=$?; while kill -0 -1 && sleep 0.01; do :; done 2>/dev/null; exit $code';

const UNPRIVILEGED = [
  'setpriv',
  '--bounding-set=-all',
  '--inh-caps=-all',
  '--ambient-caps=-all',
  '--no-new-privs',
];

function run(line, { cwd, env }) {
  return new Promise((done) => {
    const args = ['--pid', '--fork', '--kill-child', ...UNPRIVILEGED, 'sh', '-c', RUNNER, 'sh', line];
    const child = spawn('unshare', args, { cwd, env, stdio: ['ignore', 'ignore', 'pipe'] });
    let said = '';
    let late = false;
    child.stderr.setEncoding('utf8').on('data', (text) => (said = (said + text).slice(0, 300)));
    const timer = setTimeout(() => {
      late = true;
      child.kill('SIGKILL');
    }, SECONDS * 1000);
    child.on('close', (code) => {
      clearTimeout(timer);
      done({ code, late, said });
    });
  });
}

function place({ path, text, link, mode = 0o644 }) {
  mkdirSync(dirname(path), { recursive: true });
  if (link === undefined) writeFileSync(path, text, { mode });
  else symlinkSync(link, path);
}

function shell(script, { cwd, env }) {
  const { status, stderr } = spawnSync('bash', ['-euc', script], { cwd, env, encoding: 'utf8' });
  if (status !== 0) throw new Error(`setting up: ${stderr}`);
}

const has = (program, { PATH }) => PATH.split(':').some((folder) => existsSync(`${folder}/${program}`));

async function setUp({ place: where, first, script, later, programs }) {
  const open = opening(hostCanary);
  if (open !== null) throw new Error(`not confined: ${open}`);
  for (const file of first) place(file);
  for (const { line, why } of PROBES(hostCanary)) {
    const { code, said } = await run(line, where);
    if (code !== 0) throw new Error(`not confined: ${why} (${said})`);
  }
  shell(script, where);
  for (const file of later) place(file);
  return programs.filter((program) => has(program, where.env));
}

let where;
let before;
const answer = (message) => process.stdout.write(`${JSON.stringify(message)}\n`);

async function handle(message) {
  if (message.setup !== undefined) {
    const programs = await setUp(message.setup);
    where = message.setup.place;
    before = scan();
    const tree = [...before].map(([path, { kind, content }]) => ({
      path,
      kind,
      ...(kind === 'link' ? { target: content } : {}),
      ...(kind === 'file' && content.length <= MOST_TEXT ? { text: content } : {}),
    }));
    return { programs, tree };
  }
  const { code, late, said } = await run(message.line, where);
  const changes = differences(before, scan());
  restore(before, changes);
  const ran = existsSync(TRACE) ? readFileSync(TRACE, 'utf8').trim().split('\n') : [];
  rmSync(TRACE, { force: true });
  return { code, late, said, changes, ran };
}

for await (const text of createInterface({ input: process.stdin })) {
  try {
    answer(await handle(JSON.parse(text)));
  } catch (error) {
    answer({ error: String(error) });
    process.exit(1);
  }
}

// From the call of the emergency stop to the death of the last process: 50 commands in the sandbox, 10 processes each.
import { readFileSync, readdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { spawnSync } from 'node:child_process';
import { OURS, atShare, p50, printIfMain, start, trustedPlace } from './harness.mjs';

const ACTIONS = 50;
const PROCESSES = 10;
const ROUNDS = Number(process.env.ROUNDS ?? 10);
const POLL_MS = 2;
const CONFIG = 'limits:\n  actions_per_minute: 1000000\n  concurrent_actions: 1000\n  command_seconds: 600\n';

/** Process numbers whose command line is this very sleep; half of them have left their session. @param {string} mark */
function marked(mark) {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'latin1') === `sleep\0${mark}\0`;
      } catch {
        return false;
      }
    });
}

/** Whether a process is there and not merely unwaited for. @param {string} pid */
function lives(pid) {
  try {
    return !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'latin1'));
  } catch {
    return false;
  }
}

/** @param {'tool' | 'file'} how @param {number} round */
async function once(how, round) {
  const where = await trustedPlace(CONFIG);
  const server = start(OURS, where);
  const stopper = start(OURS, where);
  const mark = `77${process.pid}${round}`;
  const half = PROCESSES / 2;
  const line = `for i in $(seq ${half}); do setsid sleep ${mark} & sleep ${mark} & done; wait`;
  try {
    await Promise.all([server.initialize(), stopper.initialize()]);
    await stopper.call('get_status', {});
    const running = Array.from({ length: ACTIONS }, async () =>
      server.call('run_command', { command: line }).then(() => 'succeeded', String),
    );
    const all = ACTIONS * PROCESSES;
    while (marked(mark).length < all) await sleep(200);
    await sleep(500);
    const left = marked(mark);
    const began = performance.now();
    const stopped = (how === 'tool' ? server : stopper).call('emergency_stop', { reason: 'bench' });
    // One at a time, so that looking takes no time from dying.
    for (let pid = left.pop(); pid !== undefined; pid = left.pop()) while (lives(pid)) await sleep(POLL_MS);
    const took = performance.now() - began;
    await stopped;
    const answered = performance.now() - began;
    const outcomes = await Promise.all(running);
    const settled = performance.now() - began;
    const wrong = outcomes.filter((said) => !said.includes('emergency_stopped'));
    if (wrong.length > 0) throw new Error(`not ended by the stop: ${wrong[0]}`);
    return { took, answered, settled };
  } finally {
    await Promise.all([server.close(), stopper.close()]);
    spawnSync('sync');
    where.remove();
  }
}

export async function stop() {
  const figures = [];
  for (const how of /** @type {const} */ (['tool', 'file'])) {
    const found = [];
    for (let round = 0; round < ROUNDS; round++) found.push(await once(how, round));
    const took = found.map((one) => one.took);
    const whose = how === 'tool' ? 'in its own server' : 'from another server';
    process.stderr.write(
      `stop ${whose}: ${took.map((ms) => ms.toFixed(0)).join(' ')} ms; answered ${p50(found.map((one) => one.answered)).toFixed(0)} ms, all recorded ${p50(found.map((one) => one.settled)).toFixed(0)} ms (p50)\n`,
    );
    figures.push({
      name: `stop ${whose}, p95, 50 x 10 processes`,
      against: 'p50',
      ours: atShare(took, 0.95),
      reference: p50(took),
      target: { ms: 200 },
    });
  }
  return figures;
}

await printIfMain(import.meta.url, stop);

// One guarded `true` (audited, fsynced, snapshot of nothing) over an open connection, against a bare spawn.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { OURS, interleaved, printIfMain, start, trustedPlace } from './harness.mjs';

const WARM_UP = 20;
const ROUNDS = 300;

export async function guardedTrue() {
  const where = await trustedPlace('limits:\n  actions_per_minute: 1000000\n');
  const server = start(OURS, where);
  const guarded = async () => server.call('run_command', { command: 'true' });
  const bare = async () => once(spawn('/bin/bash', ['-c', 'true'], { stdio: 'pipe' }), 'close');
  try {
    await server.initialize();
    await interleaved(WARM_UP, guarded, bare);
    const found = await interleaved(ROUNDS, guarded, bare);
    return [{ name: 'guarded `true`', against: 'bare spawn', ...found, target: { moreMs: 15 } }];
  } finally {
    await server.close();
    where.remove();
  }
}

await printIfMain(import.meta.url, guardedTrue);

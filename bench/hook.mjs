// What the hook adds to every command of an agent's own shell, with and without its resident process, against node
// started for nothing.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { OURS, interleaved, place, printIfMain } from './harness.mjs';

const WARM_UP = 2;
const ROUNDS = 30;

export async function hook() {
  const where = place('roots: []\n');
  const [main = ''] = OURS;
  const input = JSON.stringify({
    hook_event_name: 'PreToolUse',
    tool_name: 'Bash',
    cwd: where.root,
    tool_input: { command: 'git status && rm -rf build && npm test -- --watch=false | tee out.log' },
  });
  const run = (/** @type {string[]} */ args) => async () => {
    const child = spawn(process.execPath, args, { env: where.env, stdio: ['pipe', 'ignore', 'ignore'] });
    // Node started for nothing does not wait for its input.
    child.stdin.on('error', () => undefined);
    child.stdin.end(input);
    await once(child, 'exit');
  };
  const bare = run(['-e', '0']);
  const ours = (/** @type {string[]} */ ...more) => run([main, 'hook', 'claude-code', ...more]);
  try {
    await interleaved(WARM_UP, ours(), bare);
    await new Promise((done) => setTimeout(done, 1500));
    const resident = await interleaved(ROUNDS, ours(), bare);
    const alone = await interleaved(ROUNDS, ours('--no-resident'), bare);
    return [
      { name: 'hook, resident process', against: 'node -e 0', ...resident, target: { ms: 150 } },
      { name: 'hook, by itself', against: 'node -e 0', ...alone, target: { ms: 500 } },
    ];
  } finally {
    // The resident process ends when its socket is gone.
    where.remove();
  }
}

await printIfMain(import.meta.url, hook);

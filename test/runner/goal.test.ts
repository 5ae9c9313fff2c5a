import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openApp } from '../../src/app.ts';
import { runsIn } from '../../src/runner/runs.ts';
import { BIN } from '../helpers/client.ts';
import { taskEvents } from '../helpers/goal.ts';
import { agentRun, calls, goalScripts, installLlama, says } from '../helpers/llama.ts';
import { scratch } from '../helpers/scratch.ts';
import { actionsOf, auditOf, expectSettled, query } from '../helpers/state.ts';

const append = (file: string, word: string, wait = ''): string[] =>
  calls('run_command', { command: `echo ${word} >> ${file}${wait}`, reason: word });
const await_ = calls('await_tasks', { wait_seconds: 300 });

test('an orchestrator hands out tasks that run side by side, and one that begins when they are done', async () => {
  const place = scratch();
  const models = goalScripts(place, {
    orchestrator: [
      calls('assign_tasks', {
        tasks: [
          { name: 'left', card: 'bug-hunter', goal: 'write left', resources: ['left.txt'] },
          { name: 'right', card: 'ops', goal: 'write right', resources: ['right.txt'] },
          {
            name: 'look',
            card: 'security',
            goal: 'look',
            check: 'one sees each of them',
            after: ['left', 'right'],
          },
        ],
      }),
      await_,
      says('Both are written, and also the moon.'),
    ],
    'bug-hunter': [append('left.txt', 'one'), says('left is written')],
    ops: [append('right.txt', 'two'), says('right is written')],
    security: [
      calls('run_command', { command: 'cat left.txt right.txt', reason: 'look' }),
      says('both are there'),
    ],
  });
  const { code, report, stderr, lines } = await agentRun(place, ['orchestrator', 'write both', ...models]);
  expect([stderr, code]).toEqual(['', 0]);
  expect(report).toMatchObject({
    stop: 'final_answer',
    done: [],
    said: 'Both are written, and also the moon.',
  });
  const tasks = report['tasks'] as { name: string; state: string; said: string; done: { tool: string }[] }[];
  expect(tasks.map(({ name, state, said }) => [name, state, said])).toEqual([
    ['left', 'done', 'left is written'],
    ['right', 'done', 'right is written'],
    ['look', 'done', 'both are there'],
  ]);
  expect(tasks.map(({ done }) => done.map(({ tool }) => tool))).toEqual(tasks.map(() => ['run_command']));
  const order = taskEvents(place, report.run);
  expect(order.slice(0, 5)).toEqual([
    'assigned left',
    'assigned right',
    'assigned look',
    'started left',
    'started right',
  ]);
  expect(order.slice(-2)).toEqual(['started look', 'ended look']);
  expect(readFileSync(join(place.root, 'left.txt'), 'utf8')).toBe('one\n');
  expect(readFileSync(join(place.root, 'right.txt'), 'utf8')).toBe('two\n');
  // Each line of a task's run says whose it is, and each action's agent leads to its task and its goal.
  expect(new Set(lines.map(({ task }) => task))).toEqual(new Set([undefined, 'left', 'right', 'look']));
  const runs = query<{ run: string }>(place, 'SELECT run FROM task_runs').map(({ run }) => run);
  const actors = auditOf(place)
    .filter(({ event }) => event === 'action.intended')
    .map(({ agent }) => agent);
  expect(actors.every((agent) => runs.some((run) => agent.includes(`@run-${run}/`)))).toBe(true);
  expectSettled(place);
});

test('a goal whose orchestrator is killed goes on: no task is lost, and nothing is done twice', async () => {
  const place = scratch();
  const models = goalScripts(place, {
    orchestrator: [
      calls('assign_tasks', {
        tasks: [
          { name: 'slow', card: 'bug-hunter', goal: 'write', resources: ['slow.txt'] },
          { name: 'late', card: 'ops', goal: 'write', resources: ['late.txt'], after: ['slow'] },
        ],
      }),
      await_,
      says('Done.'),
    ],
    'bug-hunter': [
      append('slow.txt', 'one'),
      append('slow.txt', 'two', '; sleep 2'),
      says('slow is written'),
    ],
    ops: [append('late.txt', 'three'), says('late is written')],
  });
  const env = { ...place.env, HOMEOSTAT_LLAMA: await installLlama() };
  const args = [BIN, 'agent', 'run', 'orchestrator', 'write', '--json', ...models];
  const lead = spawn(process.execPath, args, { cwd: place.root, env, stdio: ['ignore', 'pipe', 'inherit'] });
  let said = '';
  lead.stdout.setEncoding('utf8').on('data', (chunk: string) => (said += chunk));
  while (!/"event":"call"[^\n]*echo two/.test(said)) await sleep(20);
  await sleep(300);
  lead.kill('SIGKILL');
  await once(lead, 'close');
  const id = /"event":"started","run":"(\w+)","card":"orchestrator"/.exec(said)?.[1] ?? '';
  const { report, code, stderr } = await agentRun(place, ['--resume', id, ...models]);
  expect([stderr, code]).toEqual(['', 0]);
  const tasks = report['tasks'] as { name: string; state: string; runs: string[] }[];
  expect(tasks.map(({ name, state, runs }) => [name, state, runs.length])).toEqual([
    ['slow', 'done', 1],
    ['late', 'done', 1],
  ]);
  // The second line was cut off with its server, or got through: never twice, and the record says which.
  const second = actionsOf(place)[1];
  const written = readFileSync(join(place.root, 'slow.txt'), 'utf8');
  expect(written).toBe(second?.outcome === 'succeeded' ? 'one\ntwo\n' : 'one\n');
  expect(readFileSync(join(place.root, 'late.txt'), 'utf8')).toBe('three\n');
  expect(actionsOf(place)).toHaveLength(3);
  expect(taskEvents(place, id)).toEqual([
    'assigned slow',
    'assigned late',
    'started slow',
    'resumed slow',
    'ended slow',
    'started late',
    'ended late',
  ]);
  const app = openApp({ env: place.env });
  const runs = runsIn(join(place.home, 'runs'), await app.tasks());
  expect(runs).toHaveLength(3);
  expect(runs.filter(({ busy, open }) => busy || open)).toEqual([]);
  await app.gateway.close();
  expectSettled(place);
});

import { execFile } from 'node:child_process';
import { appendFileSync, mkdirSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { PACKAGE_ROOT } from '../../src/app.ts';
import type { Task } from '../../src/core/tasks.ts';
import { beginJournal } from '../../src/runner/journal.ts';
import { takeLock } from '../../src/runner/file-lock.ts';
import { collectRuns, runsIn } from '../../src/runner/runs.ts';
import { trustAll } from '../helpers/app.ts';
import { cli } from '../helpers/cli-in-process.ts';
import { endpoint, saying } from '../helpers/openai.ts';
import { scratch } from '../helpers/scratch.ts';

/** Of the goals that have any, one that is still to be worked on. */
const tasksOf = (...goals: string[]) => ({
  ofGoal: (goal: string) => (goals.includes(goal) ? [{ state: 'queued' } as Task] : []),
});

const DAY = 86_400_000;
const NOW = Date.now();

function journal(folder: string, id: string, days: number, stop: string | null): void {
  const time = new Date(NOW - days * DAY).toISOString();
  const begin = { id, card: 'ops', goal: 'look', mark: 'm', time, cwd: '/', dry_run: false, card_digest: '' };
  const made = beginJournal(folder, { kind: 'run', ...begin });
  made.add(
    stop === null ? { kind: 'turn', turn: { role: 'user', text: 'look' } } : { kind: 'ended', stop, time },
  );
  made.close();
  const file = join(folder, `${id}.jsonl`);
  utimesSync(file, new Date(time), new Date(time));
}

test('journals go by age and number, and none that may still go on', () => {
  const folder = join(scratch().base, 'runs');
  const tasks = tasksOf('ancient0goal', 'last0year');
  expect([runsIn(folder, tasks), collectRuns(folder, tasks)]).toEqual([[], []]);
  for (let n = 0; n < 100; n++) journal(folder, `filler${n}`, 3, 'final_answer');
  journal(folder, 'overmany', 4, 'final_answer');
  journal(folder, 'young0cut', 13, null);
  journal(folder, 'young0steps', 13, 'steps');
  journal(folder, 'older0cut', 15, null);
  journal(folder, 'ancient', 91, 'final_answer');
  journal(folder, 'ancient0goal', 13, 'final_answer');
  journal(folder, 'last0year', 365, 'final_answer');
  journal(folder, 'in0use', 95, null);
  const release = takeLock(join(folder, 'in0use.jsonl.lock.db'));
  const gone = ['ancient', 'last0year', 'older0cut', 'overmany'];
  expect(collectRuns(folder, tasks, NOW).toSorted()).toEqual(gone);
  const left = readdirSync(folder);
  expect(left.filter((name) => name.endsWith('.jsonl'))).toHaveLength(100 + 4);
  expect(left.filter((name) => gone.includes(name.split('.')[0] ?? ''))).toEqual([]);
  const listed = runsIn(folder, tasks);
  expect(listed.find(({ id }) => id === 'in0use')).toMatchObject({ busy: true });
  // Its model has answered, and what it has handed out is still to be done.
  expect(listed.find(({ id }) => id === 'ancient0goal')).toMatchObject({ stop: 'final_answer', open: true });
  expect(collectRuns(folder, tasks, NOW)).toEqual([]);
  release?.();
  expect(collectRuns(folder, tasks, NOW)).toEqual(['in0use']);
});

test('several that clear away at once are in nobody’s way, nor in that of who begins a run', async () => {
  const folder = join(scratch().base, 'runs');
  for (let n = 0; n < 150; n++) journal(folder, `old${String(n).padStart(4, '0')}`, 95, 'final_answer');
  const clearing = `
    const { collectRuns } = await import(${JSON.stringify(join(PACKAGE_ROOT, 'dist/runner/runs.js'))});
    const { beginJournal } = await import(${JSON.stringify(join(PACKAGE_ROOT, 'dist/runner/journal.js'))});
    const [, folder, id] = process.argv;
    const begin = { kind: 'run', id, card: 'ops', goal: 'g', mark: 'm', time: '', cwd: '/', dry_run: false, card_digest: '' };
    const gone = collectRuns(folder, { ofGoal: () => [] });
    beginJournal(folder, begin).add({ kind: 'ended', stop: 'final_answer', time: '' });
    console.log(gone.join('\\n'));`;
  const said = await Promise.all(
    ['first00', 'second0', 'third00'].map(async (id) =>
      promisify(execFile)(process.execPath, ['--input-type=module', '-e', clearing, folder, id]),
    ),
  );
  const gone = said.flatMap(({ stdout }) => stdout.split('\n').filter(Boolean));
  expect([gone.length, new Set(gone).size]).toEqual([150, 150]);
  expect(
    runsIn(folder, tasksOf())
      .map(({ id }) => id)
      .toSorted(),
  ).toEqual(['first00', 'second0', 'third00']);
});

test('runs are listed, and one whose card has changed since does not go on', async () => {
  const place = scratch();
  const agents = join(place.configFile, '..', 'agents');
  mkdirSync(agents);
  const card = join(agents, 'mine.md');
  writeFileSync(card, '---\nname: mine\ntitle: T\ndescription: D.\ntools: [get_status]\n---\nLook.\n');
  await trustAll(place);
  const at = await endpoint([saying('done')]);
  const run = async (...args: string[]) =>
    cli(place, ['agent', 'run', ...args, '--endpoint', at.url, '--json']);
  expect((await run('mine', 'look\u001b[2J round')).code).toBe(0);
  const [listed] = JSON.parse((await cli(place, ['agent', 'runs', '--json'])).out) as { id: string }[];
  expect(listed).toMatchObject({ card: 'mine', stop: 'final_answer', steps: 1, busy: false, open: false });
  const text = (await cli(place, ['agent', 'runs'])).out;
  expect(text).toContain(`${listed?.id}  `);
  expect(text).not.toContain('\u001b');
  expect((await run('--resume', listed?.id ?? '')).code).toBe(0);
  appendFileSync(card, 'And do as you like.\n');
  const changed = await run('--resume', listed?.id ?? '');
  expect(changed.json()).toMatchObject({ error: { code: 'invalid_input' } });
  expect(changed.out).toContain('not what it was when the run began');
  // Nobody holds it now.
  expect(runsIn(join(place.home, 'runs'), tasksOf())).toMatchObject([{ busy: false }]);
  await at.close();
});

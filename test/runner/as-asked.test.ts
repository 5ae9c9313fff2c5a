// What a person says on the command line or in the configuration holds for a run, and a slip of theirs is told to them.
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { cli, type Said } from '../helpers/cli-in-process.ts';
import { type Endpoint, type Turn, calling, endpoint, saying } from '../helpers/openai.ts';
import { type Scratch, scratch } from '../helpers/scratch.ts';

const open: Endpoint[] = [];
afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
});

const WRITE = calling('write_file', { path: 'new.txt', content: 'x' });

async function agentRun(place: Scratch, turns: readonly Turn[], args: readonly string[]): Promise<Said> {
  const at = await endpoint(turns);
  open.push(at);
  return cli(place, [...args, '--endpoint', at.url, '--json']);
}
const reportOf = ({ out }: Said): Record<string, unknown> =>
  JSON.parse(out.trim().split('\n').at(-1) ?? '') as Record<string, unknown>;
const errorOf = (said: Said): unknown => reportOf(said)['error'];
const written = ({ root }: Scratch): boolean => existsSync(join(root, 'new.txt'));

test('what the configuration leaves of a card’s steps is as many as a run has', async () => {
  const place = scratch('agents: { security: { limits: { steps: 2 } } }');
  const turns = [1, 2, 3].map((n) => calling('list_files', { path: '.', depth: n }));
  const said = await agentRun(place, turns, ['agent', 'run', 'security', 'look']);
  expect(reportOf(said)).toMatchObject({ stop: 'steps', steps: 2 });
});

test('with --read-only a run reads, and changes nothing', async () => {
  const place = scratch();
  const args = ['--read-only', 'agent', 'run', 'bug-hunter', 'mend it'];
  expect(reportOf(await agentRun(place, [WRITE, saying('done')], args))).toMatchObject({ done: [] });
  expect(written(place)).toBe(false);
});

test('with --read-only an orchestrator hands nothing out', async () => {
  const task = { name: 'write', card: 'bug-hunter', goal: 'write', resources: ['new.txt'] };
  const lead = [
    calling('assign_tasks', { tasks: [task] }),
    calling('await_tasks', { wait_seconds: 60 }),
    saying('done'),
  ];
  const worker = [WRITE, saying('done')];
  const turn: Turn = (response, asked) => {
    const steps = asked.body.messages.filter(({ role }) => role === 'assistant').length;
    const leads = JSON.stringify(asked.body.messages).includes('have it written');
    (leads ? lead : worker)[steps]?.(response, asked);
  };
  const place = scratch();
  const of = (args: string[]) => [...args, 'agent', 'run', 'orchestrator', 'have it written'];
  expect(reportOf(await agentRun(place, [turn], of(['--read-only'])))['tasks']).toBeUndefined();
  expect(written(place)).toBe(false);
  expect(reportOf(await agentRun(place, [turn], of([])))['tasks']).toMatchObject([{ state: 'done' }]);
  expect(written(place)).toBe(true);
});

test('a run goes on as it was begun: not as another, nor as a dry run that it is not', async () => {
  const place = scratch();
  const begin = ['agent', 'run', 'bug-hunter', 'mend it', '--max-steps', '1'];
  await agentRun(place, [calling('list_files', {})], begin);
  const [run = ''] = readdirSync(join(place.home, 'runs')).map((name) => name.replace('.jsonl', ''));
  const turns = [WRITE, saying('done')];
  for (const slip of [['--dry-run'], ['bug-hunter', 'do something else']]) {
    const said = await agentRun(place, turns, ['agent', 'run', ...slip, '--resume', run]);
    expect(errorOf(said)).toMatchObject({ code: 'invalid_input' });
    expect(written(place)).toBe(false);
  }
  await agentRun(place, turns, ['agent', 'run', '--resume', run]);
  expect(written(place)).toBe(true);
});

test('a model for a card that there is none of is a slip', async () => {
  const args = ['agent', 'run', 'orchestrator', 'plan', '--model-of', 'bughunter=small'];
  const said = await agentRun(scratch(), [saying('done')], args);
  expect(errorOf(said)).toMatchObject({ code: 'not_found', message: expect.stringContaining('bughunter') });
});

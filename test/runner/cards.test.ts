import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { agentRun, calls, says, script } from '../helpers/llama.ts';
import { scratch } from '../helpers/scratch.ts';
import { expectSettled } from '../helpers/state.ts';

test('the bug hunter finds a fault, mends it and is believed only as far as the record goes', async () => {
  const place = scratch();
  writeFileSync(join(place.root, 'sum.sh'), 'echo $(( $1 - $2 ))\n');
  const model = script(place, [
    calls('get_status', {}),
    calls('read_file', { path: 'sum.sh' }),
    calls('run_command', { command: 'test "$(sh sum.sh 2 3)" = 5', reason: 'reproduce' }),
    calls('edit_file', {
      path: 'sum.sh',
      edits: [{ old_text: '- $2', new_text: '+ $2' }],
      reason: 'wrong sign',
    }),
    calls('run_command', { command: 'test "$(sh sum.sh 2 3)" = 5', reason: 'verify' }),
    says('I mended the sign in sum.sh, and also deleted the moon.'),
  ]);
  const { code, report, deeds, stderr } = await agentRun(place, [
    'bug-hunter',
    'sum.sh adds wrongly',
    '--model',
    model,
  ]);
  expect(stderr).toBe('');
  expect(deeds).toEqual([
    'get_status succeeded',
    'read_file succeeded',
    'run_command failed',
    'edit_file succeeded',
    'run_command succeeded',
  ]);
  expect(report).toMatchObject({
    stop: 'final_answer',
    said: 'I mended the sign in sum.sh, and also deleted the moon.',
  });
  expect(report.done.map(({ tool }) => tool)).toEqual(['edit_file', 'run_command']);
  expect(report.refused.map(({ tool, error }) => `${tool} ${error}`)).toEqual(['run_command command_failed']);
  expect(code).toBe(0);
  expect(readFileSync(join(place.root, 'sum.sh'), 'utf8')).toBe('echo $(( $1 + $2 ))\n');
  expectSettled(place);
});

test('ops looks, changes one thing, takes it back when it did not help, and says so', async () => {
  const place = scratch();
  writeFileSync(join(place.root, 'web.conf'), 'workers = 2\n');
  const steps = [
    calls('get_status', {}),
    calls('query_audit', { limit: 5 }),
    calls('run_command', { command: 'cat web.conf; df -h . | tail -1', reason: 'look' }),
    calls('edit_file', {
      path: 'web.conf',
      edits: [{ old_text: '= 2', new_text: '= 4' }],
      reason: 'more workers',
    }),
  ];
  const looked = await agentRun(place, [
    'ops',
    'web is slow',
    '--autonomous',
    '--max-steps',
    String(steps.length),
    '--model',
    script(place, steps),
  ]);
  expect([looked.report.stop, looked.code]).toEqual(['steps', 1]);
  expect(readFileSync(join(place.root, 'web.conf'), 'utf8')).toBe('workers = 4\n');
  // What was done has an id only now: the rest of the script names it, and the run goes on.
  const [, edited] = looked.report.done;
  const model = script(place, [
    ...steps,
    calls('rollback', { id: edited?.action_id, reason: 'no faster' }),
    says('Four workers were no faster: it is as it was.'),
  ]);
  const { report, code } = await agentRun(place, ['--resume', looked.report.run, '--model', model]);
  expect([report.stop, code, report.steps]).toEqual(['final_answer', 0, steps.length + 2]);
  expect(report.done.map(({ tool }) => tool)).toEqual(['run_command', 'rollback']);
  expect(report.undone).toMatchObject([{ tool: 'edit_file', action_id: edited?.action_id }]);
  expect(readFileSync(join(place.root, 'web.conf'), 'utf8')).toBe('workers = 2\n');
  expectSettled(place);
});

test('security looks and assesses; what it would write is not on its card', async () => {
  const place = scratch();
  writeFileSync(join(place.root, 'app.env'), 'TOKEN=abc\n', { mode: 0o666 });
  const model = script(place, [
    calls('run_command', { command: 'stat -c %a app.env', reason: 'who may read it' }),
    ['||call: ', 'assess_action', '{"tool": "run_command", "input": {"command": "chmod 600 app.env"}}'],
    calls('list_approvals', { limit: 3 }),
    says('app.env can be read by everybody; chmod 600 would mend it.'),
  ]);
  const { report, deeds } = await agentRun(place, [
    'security',
    'look for weak permissions',
    '--model',
    model,
  ]);
  expect(deeds).toEqual(['run_command succeeded', 'assess_action succeeded', 'list_approvals succeeded']);
  expect(report.done.map(({ tool }) => tool)).toEqual(['run_command']);
  expectSettled(place);
});

test('the orchestrator plans and checks, and runs nothing', async () => {
  const place = scratch();
  writeFileSync(join(place.root, 'a.txt'), 'a');
  const model = script(place, [
    calls('list_files', { depth: 2 }),
    calls('query_audit', { limit: 5 }),
    says('One step for bug-hunter: remove a.txt.'),
  ]);
  const { report, deeds, lines } = await agentRun(place, ['orchestrator', 'tidy up', '--model', model]);
  expect(deeds).toEqual(['list_files succeeded', 'query_audit succeeded']);
  expect([report.done, report.left]).toEqual([[], []]);
  expect(lines[0]).toMatchObject({ event: 'started', card: 'orchestrator' });
  expectSettled(place);
});

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { ModelFailure, type Turn } from '../../src/runner/model.ts';
import { testApp } from '../helpers/app.ts';
import { type Move, handsOf, play } from '../helpers/run.ts';
import { sql } from '../helpers/sql.ts';
import { auditOf, expectSettled } from '../helpers/state.ts';

const write = (path: string, content = 'x'): { tool: string; input: Record<string, unknown> }[] => [
  { tool: 'write_file', input: { path, content } },
];
/** Asked about in every case: it deletes what was there before, for good, on the host itself. */
const RISKY = {
  tool: 'run_command',
  input: { command: 'echo done > held.txt', sandbox: 'none', reason: 'test' },
};

test('each stop is named, and none of them is an error', async () => {
  const place = await testApp();
  const stops: [string, Parameters<typeof play>[0], Parameters<typeof play>[1]?][] = [
    ['final_answer', ['done']],
    ['steps', [() => write(`s${Math.random()}`)], { limits: { steps: 2 } }],
    ['actions', [() => write(`a${Math.random()}`)], { limits: { actions: 2 } }],
    ['risk', [() => write(`r${Math.random()}`)], { limits: { risk: 2 } }],
    ['tokens', [() => write(`t${Math.random()}`)], { limits: { tokens: 20 } }],
    ['repeated_call', [write('same')]],
    ['invalid_output', [{ fault: 'nonsense' }]],
    [
      'invalid_output',
      [
        [{ tool: 'write_file', input: null }],
        [{ tool: 'no_such', input: {} }],
        [{ tool: 'read_file', input: { path: 7 } }],
        { fault: 'x' },
      ],
    ],
    ['model_failed', [new ModelFailure('it has gone')]],
    ['context_full', [new ModelFailure('full', true)]],
    [
      'deadline',
      [async () => new Promise((_, reject) => setTimeout(() => reject(new Error('late')), 400))],
      { limits: { minutes: 0.003 } },
    ],
  ];
  const hands = await handsOf(place, 'bug-hunter', 'many');
  for (const [stop, moves, options] of stops) {
    const { ended } = await play(moves, { ...options, on: place, hands });
    expect(ended.stop).toBe(stop);
  }
  await hands.close();
  expectSettled(place);
  await place.close();
});

test('the emergency stop ends a run, whoever pulled it', async () => {
  const place = await testApp();
  const own = await play([[{ tool: 'emergency_stop', input: { reason: 'harm' } }], 'never said'], {
    on: place,
    card: 'ops',
  });
  expect(own.ended.stop).toBe('emergency_stop');
  const other = await play(
    [[{ tool: 'edit_file', input: { path: 'a', edits: [{ old_text: 'a', new_text: 'b' }] } }], 'never said'],
    { on: place },
  );
  expect(other.ended.stop).toBe('emergency_stop');
  expect(other.model.heard).toHaveLength(1);
  await place.close();
});

test('to be shown what the emergency stop would do ends nothing', async () => {
  const shown = await play([[{ tool: 'emergency_stop', input: { reason: 'harm', dry_run: true } }], 'done'], {
    card: 'security',
  });
  expect(shown.ended).toMatchObject({ stop: 'final_answer', said: 'done' });
  const dry = await play([[{ tool: 'emergency_stop', input: { reason: 'harm' } }], 'done'], {
    on: shown.place,
    card: 'security',
    dryRun: true,
  });
  expect(dry.ended).toMatchObject({ stop: 'final_answer', said: 'done' });
  await shown.place.close();
});

test('the emergency stop ends a run that waits for an approval, and nothing of it is carried out', async () => {
  const place = await testApp();
  const stopped = await play([[RISKY], waits, 'never said'], {
    on: place,
    tell: (event) => void (event.event === 'note' && place.app.stop('harm', 'a person')),
  });
  expect(stopped.ended.stop).toBe('emergency_stop');
  expect(stopped.model.heard).toHaveLength(2);
  expect(existsSync(join(place.root, 'held.txt'))).toBe(false);
  expectSettled(place);
  await place.close();
});

test('a held action is put to the person, and carried out as it was shown', async () => {
  const place = await testApp();
  const asked: string[] = [];
  const { report, answers, events } = await play([[RISKY], 'done'], {
    on: place,
    async person(id) {
      asked.push(id);
      await place.approve(id);
      return 'approved';
    },
  });
  expect(asked).toHaveLength(1);
  expect(events).toContainEqual({ event: 'held', action_id: asked[0], said: 'approved' });
  expect(answers[0]).toMatch(/^outcome: succeeded, action_id: /);
  expect(report.done.map(({ action_id }) => action_id)).toEqual(asked);
  expect(readFileSync(join(place.root, 'held.txt'), 'utf8')).toBe('done\n');
  await place.close();
});

test('a person says no, and the model is told', async () => {
  const place = await testApp();
  const { report, answers } = await play([[RISKY], 'done'], {
    on: place,
    async person(id) {
      (await place.app.operator()).deny(id, 'not today');
      return 'denied';
    },
  });
  expect(answers[0]).toMatch(/^outcome: denied, error: approval_denied/);
  expect(answers[0]).toContain('not today');
  expect(report.refused).toHaveLength(1);
  expect(existsSync(join(place.root, 'held.txt'))).toBe(false);
  await place.close();
});

test('where nobody is asked, it stays held and the report says how to decide', async () => {
  const { place, report, answers } = await play([[RISKY], 'it waits']);
  expect(answers[0]).toMatch(/^outcome: held, error: approval_required/);
  expect(report.left.map(({ outcome }) => outcome)).toEqual(['held']);
  expect(existsSync(join(place.root, 'held.txt'))).toBe(false);
  await place.close();
});

const idIn = (turns: readonly Turn[]): string => {
  const last = turns.at(-1);
  return /action_id: (\w+)/.exec(last?.role === 'tool' ? last.text : '')?.[1] ?? '';
};
/** Waits for what was held last; the server answers after a second that it still is. */
const waits = (turns: readonly Turn[]): Move => [
  { tool: 'wait_for_approval', input: { action_id: idIn(turns), wait_seconds: 1 } },
];

test('what is approved in another terminal while the model waits goes on, at the cost of one step', async () => {
  const place = await testApp();
  let approved: Promise<void> | undefined;
  const { report, answers, ended } = await play([[RISKY], waits, 'done'], {
    on: place,
    tell(event) {
      const id = event.event === 'note' ? /homeostat approve (\w+)/.exec(event.note)?.[1] : undefined;
      if (id !== undefined) approved = sleep(1500).then(async () => place.approve(id));
    },
  });
  await approved;
  expect(approved).toBeDefined();
  expect([ended.stop, ended.steps]).toEqual(['final_answer', 3]);
  expect(answers[1]).toMatch(/^outcome: succeeded/);
  expect(report.done).toHaveLength(1);
  expect(readFileSync(join(place.root, 'held.txt'), 'utf8')).toBe('done\n');
  await place.close();
});

test('waiting ends with the approval’s time, and with the run’s', async () => {
  const place = await testApp();
  const expired = await play([[RISKY], waits, 'never said'], {
    on: place,
    tell: (event) => event.event === 'note' && sql(place.home, 'UPDATE approvals SET expires_ms = 1'),
  });
  expect(expired.ended.stop).toBe('approval_expired');
  const late = await play([[RISKY], waits, 'never said'], { on: place, limits: { minutes: 0.06 } });
  expect([late.ended.stop, late.ended.steps]).toEqual(['deadline', 2]);
  expect(late.report.left.map(({ outcome }) => outcome)).toEqual(['held']);
  const looks = (turns: readonly Turn[]): Move => [
    { tool: 'wait_for_approval', input: { action_id: idIn(turns), wait_seconds: 0 } },
  ];
  const looked = await play([[RISKY], looks, 'it waits'], { on: place });
  expect(looked.ended.stop).toBe('final_answer');
  expect(looked.answers[1]).toMatch(/^outcome: held/);
  await place.close();
});

test('a dry run only shows, whatever the model asks for', async () => {
  const place = await testApp();
  const first = await place.act('run_command', { ...RISKY.input }, { client: 'test' });
  const { report, answers } = await play(
    [
      [{ tool: 'write_file', input: { path: 'a.txt', content: 'x', dry_run: false } }],
      [{ tool: 'wait_for_approval', input: { action_id: first.action_id } }],
      'seen',
    ],
    { on: place, dryRun: true },
  );
  expect(answers[0]).toMatch(/^outcome: succeeded/);
  expect(answers[1]).toMatch(/^outcome: denied, error: autonomy_denied/);
  expect(report.shown.map(({ tool }) => tool)).toEqual(['write_file']);
  expect([report.done, existsSync(join(place.root, 'a.txt'))]).toEqual([[], false]);
  await place.close();
});

test('what the card does not name is refused by the server, and on record', async () => {
  const { place, report, ended } = await play(
    [
      [{ tool: 'write_file', input: { path: 'a.txt', content: 'x' } }],
      [{ tool: 'approve', input: { action_id: 'x' } }],
      [{ tool: 'delete_file', input: { path: 'keep.txt' } }],
      'gave up',
    ],
    { card: 'security' },
  );
  expect(ended.stop).toBe('final_answer');
  expect(report.done).toEqual([]);
  expect(existsSync(join(place.root, 'a.txt'))).toBe(false);
  const refusals = auditOf(place).filter(
    ({ agent, error }) => agent.startsWith('security@run-') && error !== null,
  );
  expect(refusals.map(({ error }) => error)).toContain('tool_not_on_card');
  await place.close();
});

test('a long result is shown in part, and the rest is had by asking', async () => {
  const place = await testApp();
  const lines = Array.from({ length: 3000 }, (_, index) => `line ${index}`).join('\n');
  writeFileSync(join(place.root, 'long.txt'), lines);
  const { answers } = await play(
    [
      [{ tool: 'read_file', input: { path: 'long.txt' } }],
      [{ tool: 'read_more', input: { id: 'call00200', start: 8000 } }],
      [{ tool: 'read_more', input: { id: 'call00200', start: -1 } }],
      'read',
    ],
    { on: place },
  );
  expect(answers[0]).toMatch(/for more: read_more with id "call00200" and start 8000\]\n<\/data \w+>$/);
  expect(answers[0]?.length).toBeLessThan(8300);
  expect(answers[1]).toMatch(/^outcome: succeeded\n<data/);
  expect(answers[2]).toMatch(/^outcome: denied, error: invalid_input/);
  const body = (text = ''): string => text.split('\n').slice(2, -2).join('\n');
  expect(`${body(answers[0])}${body(answers[1])}`).toContain('line 999\nline 1000');
  await place.close();
});

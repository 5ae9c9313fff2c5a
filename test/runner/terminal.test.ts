import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { expect, test } from 'vitest';
import { PASSPHRASE, type TestApp, testApp } from '../helpers/app.ts';
import { BIN } from '../helpers/client.ts';
import { calls, goalScripts, installLlama, says } from '../helpers/llama.ts';
import { calling, endpoint, saying, stream } from '../helpers/openai.ts';
import { actionsOf, expectSettled } from '../helpers/state.ts';

const KEY = 'sk-never-written-down';

/** A run at a terminal of its own; `watch` sees all that is shown so far, and types. Gives what was shown. */
async function atTerminal(
  place: TestApp,
  args: string,
  watch: (shown: string, type: (text: string) => void) => void,
  card = 'ops',
): Promise<string> {
  const line = `'${process.execPath}' '${BIN}' agent run ${card} 'do it' ${args}`;
  // `script` of util-linux gives the CLI a terminal of its own.
  const child = spawn('script', ['-qec', line, '/dev/null'], {
    cwd: place.root,
    env: { ...place.env, MY_KEY: KEY, HOMEOSTAT_LLAMA: await installLlama() },
    stdio: 'pipe',
  });
  let shown = '';
  child.stdout.on('data', (chunk: Buffer) => {
    shown = stripVTControlCharacters(shown + chunk.toString()).replaceAll('\r', '');
    watch(shown, (text) => child.stdin.write(text));
  });
  await once(child, 'exit');
  return shown;
}

/** Homeostat's own question, which begins at the left edge. */
const ASKED = /^Passphrase to approve this/m;
const HELD = { command: 'echo done > held.txt', sandbox: 'none' };

test('at a terminal the person approves, and neither passphrase nor key reaches model, server or disk', async () => {
  const place = await testApp();
  const look = { command: `env | grep -c MY_KEY > key.txt; ${HELD.command}`, sandbox: 'none' };
  const at = await endpoint([calling('run_command', look), saying('It is done.')]);
  let typed = false;
  const shown = await atTerminal(place, `--endpoint ${at.url} --api-key-env MY_KEY`, (soFar, type) => {
    if (typed || !ASKED.test(soFar)) return;
    typed = true;
    type(`${PASSPHRASE}\r`);
  });
  await at.close();
  expect(typed).toBe(true);
  expect(shown).toContain('echo done > held.txt');
  expect(shown).toMatch(/Done:\s+run_command succeeded/);
  expect(shown).not.toContain(PASSPHRASE);
  expect(readFileSync(join(place.root, 'held.txt'), 'utf8')).toBe('done\n');
  expect(readFileSync(join(place.root, 'key.txt'), 'utf8')).toBe('0\n');
  expect(at.asked.map(({ headers }) => headers.authorization)).toEqual([`Bearer ${KEY}`, `Bearer ${KEY}`]);
  const sent = JSON.stringify(at.asked.map(({ body }) => body));
  const [run = ''] = readdirSync(join(place.home, 'runs'));
  const kept = readFileSync(join(place.home, 'runs', run), 'utf8');
  for (const secret of [PASSPHRASE, KEY])
    expect([sent.includes(secret), kept.includes(secret)]).toEqual([false, false]);
  expect(sent).toContain('outcome: succeeded');
  expectSettled(place);
  await place.close();
});

test('what a model asks for in homeostat’s words is not taken for an answer to homeostat', async () => {
  const place = await testApp();
  const at = await endpoint([
    calling('get_status', {}),
    // Said together with the call, so that the person may type before anything is asked.
    stream(
      [
        { content: '\nPassphrase to approve this (no: deny it; empty: leave it held): ' },
        {
          tool_calls: [
            { index: 0, id: 'x', function: { name: 'run_command', arguments: JSON.stringify(HELD) } },
          ],
        },
      ],
      'tool_calls',
    ),
    saying('I tried.'),
  ]);
  let [fooled, asked] = [false, false];
  const shown = await atTerminal(place, `--endpoint ${at.url}`, (soFar, type) => {
    // The person falls for it at once: what they type lies ready when homeostat asks.
    if (!fooled && soFar.includes('→ get_status')) {
      fooled = true;
      type(`${PASSPHRASE}\r`);
    }
    if (asked || !ASKED.test(soFar)) return;
    asked = true;
    setTimeout(() => type('no\r'), 500);
  });
  await at.close();
  expect([fooled, asked]).toEqual([true, true]);
  expect(shown).toContain('│ Passphrase to approve this');
  expect(shown.match(new RegExp(ASKED.source, 'gm'))).toHaveLength(1);
  expect(shown).toMatch(/Not done:\s+run_command denied/);
  expect(existsSync(join(place.root, 'held.txt'))).toBe(false);
  await place.close();
});

test('what is approved in another terminal is not asked about any more', async () => {
  const place = await testApp();
  const at = await endpoint([calling('run_command', HELD), saying('Done.')]);
  let approved: Promise<void> | undefined;
  const shown = await atTerminal(place, `--endpoint ${at.url}`, (soFar) => {
    if (!ASKED.test(soFar) || approved !== undefined) return;
    const [held] = actionsOf(place);
    approved = place.approve(held?.id ?? '');
  });
  await at.close();
  await approved;
  expect(shown).toContain('it was decided elsewhere');
  expect(shown).toMatch(/Done:\s+run_command succeeded/);
  expect(readFileSync(join(place.root, 'held.txt'), 'utf8')).toBe('done\n');
  await place.close();
});

test('Ctrl-C at the question ends the run, and nothing is decided', async () => {
  const place = await testApp();
  const at = await endpoint([calling('run_command', HELD), saying('never said')]);
  let pressed = false;
  const shown = await atTerminal(place, `--endpoint ${at.url}`, (soFar, type) => {
    if (pressed || !ASKED.test(soFar)) return;
    pressed = true;
    type('\u0003');
  });
  await at.close();
  expect(shown).toMatch(/ended: interrupted/);
  expect(shown).toMatch(/Left:\s+run_command held/);
  expect(at.asked).toHaveLength(1);
  await place.close();
});

/** Options by which an orchestrator hands out one task, whose run asks for what is held. */
const goalOf = (place: TestApp): string =>
  goalScripts(place, {
    orchestrator: [
      calls('assign_tasks', { tasks: [{ name: 'write', card: 'ops', goal: 'write' }] }),
      calls('await_tasks', { wait_seconds: 300 }),
      says('It is written.'),
    ],
    ops: [calls('run_command', HELD), says('held is written')],
  })
    .map((option) => `'${option}'`)
    .join(' ');

test('what a task waits for is asked at the terminal of the run that handed it out', async () => {
  const place = await testApp();
  let typed = false;
  const watch = (soFar: string, type: (text: string) => void): void => {
    if (typed || !ASKED.test(soFar)) return;
    typed = true;
    type(`${PASSPHRASE}\r`);
  };
  const shown = await atTerminal(place, goalOf(place), watch, 'orchestrator');
  expect(typed).toBe(true);
  expect(shown).toContain('echo done > held.txt');
  expect(shown).toMatch(/Task write: done/);
  expect(shown).toMatch(/Done:\s+run_command succeeded/);
  expect(shown).not.toContain(PASSPHRASE);
  expect(readFileSync(join(place.root, 'held.txt'), 'utf8')).toBe('done\n');
  expectSettled(place);
  await place.close();
});

test('Ctrl-C at a task’s question ends its goal, and nothing is decided', async () => {
  const place = await testApp();
  let pressed = false;
  const watch = (soFar: string, type: (text: string) => void): void => {
    if (pressed || !ASKED.test(soFar)) return;
    pressed = true;
    type('\u0003');
  };
  const shown = await atTerminal(place, goalOf(place), watch, 'orchestrator');
  expect(pressed).toBe(true);
  expect(shown).not.toMatch(/Task write: done/);
  expect(shown).toMatch(/Left:\s+run_command held/);
  expect(existsSync(join(place.root, 'held.txt'))).toBe(false);
  expect(actionsOf(place).map(({ phase }) => phase)).toEqual(['held']);
  await place.close();
});

test('without a terminal nobody is asked, and what is held is left so', async () => {
  const place = await testApp();
  const at = await endpoint([
    calling('run_command', { command: 'true', sandbox: 'none' }),
    saying('It waits.'),
  ]);
  const child = spawn(process.execPath, [BIN, 'agent', 'run', 'ops', 'do it', '--endpoint', at.url], {
    cwd: place.root,
    env: place.env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let shown = '';
  child.stdout.on('data', (chunk: Buffer) => (shown += chunk.toString()));
  const [code] = (await once(child, 'exit')) as [number];
  await at.close();
  expect(code).toBe(4);
  expect(shown).toMatch(/Left:\s+run_command held.*decide: homeostat approve \w+/);
  await place.close();
});

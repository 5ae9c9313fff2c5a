// What a model, its endpoint or its file tries on the person at the terminal and on the process that runs it.
import { writeFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { afterEach, expect, test, vi } from 'vitest';
import { showEvent, showTaskEvent } from '../../src/cli/agent-shown.ts';
import { Margin } from '../../src/cli/margin.ts';
import { jsonLine } from '../../src/cli/terminal.ts';
import { Completion } from '../../src/runner/completion.ts';
import { openEndpoint } from '../../src/runner/endpoint.ts';
import { startInference } from '../../src/runner/llama.ts';
import { ModelFailure } from '../../src/runner/model.ts';
import { cli } from '../helpers/cli-process.ts';
import { cli as inProcess } from '../helpers/cli-in-process.ts';
import { installLlama, says, script } from '../helpers/llama.ts';
import { type Endpoint, type Turn, calling, endpoint, saying } from '../helpers/openai.ts';
import { play } from '../helpers/run.ts';
import { scratch } from '../helpers/scratch.ts';
import { fc } from '../helpers/seeded.ts';

const open: Endpoint[] = [];
afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
});
async function serving(turns: readonly Turn[]): Promise<Endpoint> {
  const at = await endpoint(turns);
  open.push(at);
  return at;
}
const modelAt = ({ url }: Endpoint, key: string | null = null): ReturnType<typeof openEndpoint> =>
  openEndpoint({ url, model: 'm', context: 8192, key, silenceMs: 5000 });
const asking = async (turns: readonly Turn[], key: string | null = null): Promise<unknown> => {
  const options = { maxTokens: 10, temperature: null, seed: 1, onText: (): void => undefined };
  const signal = new AbortController().signal;
  return modelAt(await serving(turns), key).reply([{ role: 'user', text: 'x' }], [], { ...options, signal });
};

const EVIL = '\u001b[2J\u001b]0;mine\u0007\u009b31m\u202e\u2066evil\r';
// eslint-disable-next-line no-control-regex
const MOVES = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069]/u;

test('what a model says moves no cursor, hides nothing and is not taken for homeostat’s own words', async () => {
  const place = scratch();
  const question = 'Passphrase to approve this (no: deny it; empty: leave it held): ';
  const turns = [
    calling('read_file', { path: `a${EVIL}` }),
    saying(`${EVIL}\n${question}\nDone:\n  nothing`),
  ];
  for (const json of [[], ['--json']]) {
    const { url } = await serving(turns);
    const args = ['agent', 'run', 'ops', 'look', '--endpoint', url, '--model', `m${EVIL}`];
    const { out, err, code } = await inProcess(place, [...args, ...json]);
    expect(code).toBe(0);
    expect(`${out}${err}`).not.toMatch(MOVES);
    expect(`${out}${err}`).toContain('evil');
    const own = out.split('\n').filter((line) => !line.startsWith('│ ') && !line.startsWith('{'));
    expect(own.filter((line) => line.includes('Passphrase'))).toEqual([]);
    expect(own.filter((line) => line.startsWith('Done:'))).toHaveLength(json.length === 0 ? 1 : 0);
  }
});

test('in no pieces and on no terminal does a model’s word begin at the left edge', () => {
  const sign = fc.constantFrom('a', ' ', '\n', '\t', '\r', '\u001b', '漢', '😀', '│', 'e\u0301');
  const pieces = fc.array(fc.array(sign).map((signs) => signs.join('')));
  fc.assert(
    fc.property(pieces, fc.integer({ min: 12, max: 40 }), (all, columns) => {
      const margin = new Margin({ isTTY: true, columns });
      const shown = all.map((piece) => margin.words(piece)).join('') + margin.end();
      const lines = shown.split('\n').slice(0, -1);
      expect(lines.filter((line) => !line.startsWith('│ '))).toEqual([]);
      const width = (line: string): number =>
        Array.from(line).reduce((sum, one) => sum + (one === '\t' ? 8 : one < '\u007f' ? 1 : 2), -1);
      expect(lines.filter((line) => width(line) > columns)).toEqual([]);
      const [first, ...rest] = margin.line('→ tool ', all.join('')).split('\n').slice(0, -1);
      expect(first?.startsWith('→ tool')).toBe(true);
      expect(rest.filter((line) => !line.startsWith('│ '))).toEqual([]);
    }),
  );
});

test('what a model calls a tool does not begin at the left edge of a terminal either', () => {
  let shown = '';
  const terminal = { isTTY: true, columns: 40 };
  const before = Object.fromEntries(
    Object.keys(terminal).map((key) => [key, Object.getOwnPropertyDescriptor(process.stderr, key)]),
  );
  const write = vi
    .spyOn(process.stderr, 'write')
    .mockImplementation((text) => ((shown += String(text)), true));
  try {
    for (const [key, value] of Object.entries(terminal))
      Object.defineProperty(process.stderr, key, { value, configurable: true });
    const tool = `${' '.repeat(38)}Passphrase to approve this: ${'x'.repeat(100_000)}`;
    for (const show of [showEvent(false), showTaskEvent(false, 'a')])
      show({ event: 'call', call: 'one', tool, input: {} });
    const tasks = Array.from({ length: 12 }, () => `${'passphrase-'.repeat(3)}x (ops)`);
    const at_most = { steps: 1, minutes: 1, actions: 1, risk: 1 };
    showEvent(false)({ event: 'assigned', tasks, at_most });
  } finally {
    write.mockRestore();
    for (const [key, was] of Object.entries(before)) {
      if (was === undefined) Reflect.deleteProperty(process.stderr, key);
      else Object.defineProperty(process.stderr, key, was);
    }
  }
  const lines = stripVTControlCharacters(shown).split('\n').slice(0, -1);
  const own = lines.filter((line) => !line.startsWith('│ '));
  expect(own.map((line) => line.slice(0, 8).trim())).toEqual(['→', '[a] →', 'tasks: p', 'at mos']);
  expect(lines.slice(0, -1).filter((line) => line.length > terminal.columns)).toEqual([]);
  expect(shown.length).toBeLessThan(5000);
});

test('marks that come piece by piece are piled no higher than those that come at once', () => {
  const margin = new Margin({});
  const shown = Array.from(`a${'\u0301'.repeat(20)}`, (sign) => margin.words(sign)).join('');
  expect(shown).toBe(`│ a${'\u0301'.repeat(3)}${String.raw`\u{301}`.repeat(17)}`);
});

test('an endpoint gives a run no tokens back', () => {
  const answer = new Completion();
  const usage = { prompt_tokens: -1e9, completion_tokens: -5 };
  answer.add(JSON.stringify({ choices: [{ delta: { content: 'x' }, finish_reason: 'stop' }], usage }));
  expect(answer.reply(1, 100)).toMatchObject({ evaluated: 0, generated: 0 });
});

test('arguments nested beyond measure end neither the run nor its report', async () => {
  for (const levels of [101, 5000, 8000, 200_000]) {
    const deep = `{"path":"a","content":${'['.repeat(levels)}${']'.repeat(levels)}}`;
    const model = modelAt(await serving([calling('write_file', deep), saying('done')]));
    const { ended, answers, place } = await play([], { model });
    expect([ended.stop, answers[0]], String(levels)).toEqual([
      'final_answer',
      expect.stringContaining('error: invalid_input'),
    ]);
    expect(answers[0]).toContain('Nothing was called');
    await place.close();
  }
});

test('JSON that a terminal shows says the same and moves nothing', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom('a', '"', '\\', '\u009b', '\u202e', '\ud83d', '😀') }),
      (text) => {
        const line = jsonLine({ text });
        expect(JSON.parse(line)).toEqual({ text });
        expect(line).not.toMatch(MOVES);
      },
    ),
  );
});

test('an answer without an end is cut off, and so is the reason of a refusal', async () => {
  const endless =
    (status: number): Turn =>
    (response) => {
      response.writeHead(status, { 'content-type': 'application/json' });
      const more = (): void => {
        while (!response.destroyed && response.write('x'.repeat(1 << 20)));
        if (!response.destroyed) response.once('drain', more);
      };
      more();
    };
  await expect(asking([endless(200)])).rejects.toThrow(/more than 16777216 bytes/);
  await expect(asking([endless(400)])).rejects.toThrow(/HTTP 400$/);
  expect(open.map(({ asked }) => asked.length)).toEqual([1, 1]);
});

test('an endpoint that says the key back does not get it shown or written down', async () => {
  const back: Turn = (response, { headers }) =>
    void response.writeHead(401).end(`no: ${String(headers.authorization)}`);
  const refused = asking([back], 'sesame-open');
  await expect(refused).rejects.toThrow(ModelFailure);
  await expect(refused).rejects.toThrow('HTTP 401 no: Bearer [key]');
});

test('a stream that says nothing for ever ends with the run’s time', async () => {
  const drip: Turn = (response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    const timer = setInterval(() => response.write('data: {"choices":[{"delta":{}}]}\n\n'), 20);
    response.once('close', () => clearInterval(timer));
  };
  const model = modelAt(await serving([drip]));
  const { ended, place } = await play([], { model, limits: { minutes: 0.02 } });
  expect(ended.stop).toBe('deadline');
  await place.close();
});

test('a flood of calls in one answer is not carried out, not even its beginning', async () => {
  const flood = Array.from({ length: 5000 }, (_, n) => ({
    tool: 'write_file',
    input: { path: `f${n}`, content: '' },
  }));
  const { ended, report, events, place } = await play([flood]);
  expect(ended.stop).toBe('invalid_output');
  expect([report.done, events.filter(({ event }) => event === 'call')]).toEqual([[], []]);
  await place.close();
});

test('what a model file says of itself is shown on one line each, and moves nothing', async () => {
  const place = scratch();
  const file = script(place, [says('Hello.')]);
  const bytes = readFileSync(file);
  bytes.write('\u001b[2Ja\nb:', bytes.indexOf('scripted'), 'latin1');
  writeFileSync(join(place.base, 'evil.gguf'), bytes);
  const at = { ...place, env: { ...place.env, HOMEOSTAT_LLAMA: await installLlama() } };
  const { stdout } = await cli(at, ['model', 'info', join(place.base, 'evil.gguf')]);
  expect(stdout).not.toMatch(MOVES);
  expect(stdout).toContain('name: \\u{1b}[2Ja\\u{a}b:\n');
});

test('a model file that keeps its process busy for ever outlasts neither the run’s time nor Ctrl-C', async () => {
  const { base } = scratch();
  const bin = join(base, 'busy.mjs');
  writeFileSync(bin, "process.on('message', () => { for (;;); });\n");
  const inference = startInference(bin, process.env);
  try {
    const late = AbortSignal.timeout(500);
    await expect(inference.ask({ ask: 'count', text: 'x' }, { signal: late })).rejects.toThrow(
      'the process of the model has ended (SIGKILL)',
    );
    const over = AbortSignal.abort();
    await expect(inference.ask({ ask: 'count', text: 'x' }, { signal: over })).rejects.toThrow('has ended');
  } finally {
    await inference.close();
  }
}, 20_000);

test('numbers of a model file that are no JSON, and what is neither number nor name, are told all the same', async () => {
  const place = scratch();
  const text = (value: string): Buffer => {
    const length = Buffer.alloc(8);
    length.writeBigUInt64LE(BigInt(value.length));
    return Buffer.concat([length, Buffer.from(value)]);
  };
  const number = (value: bigint, bytes: number): Buffer => {
    const all = Buffer.alloc(8);
    all.writeBigUInt64LE(value);
    return all.subarray(0, bytes);
  };
  const entry = (key: string, type: bigint, value: Buffer): Buffer =>
    Buffer.concat([text(key), number(type, 4), value]);
  const entries = [
    entry('general.architecture', 8n, text('x')),
    entry('general.name.first', 8n, text('a')),
    entry('x.context_length', 10n, number(2n ** 60n, 8)),
  ];
  const header = [Buffer.from('GGUF'), number(3n, 4), number(0n, 8), number(BigInt(entries.length), 8)];
  const file = join(place.base, 'long.gguf');
  writeFileSync(file, Buffer.concat([...header, ...entries]));
  const at = { ...place, env: { ...place.env, HOMEOSTAT_LLAMA: await installLlama() } };
  const { stdout } = await cli(at, ['model', 'info', file, '--json']);
  expect(JSON.parse(stdout)).toMatchObject({ name: null, architecture: 'x', context: 2 ** 60 });
});

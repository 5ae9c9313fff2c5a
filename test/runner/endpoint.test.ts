import { afterEach, expect, test } from 'vitest';
import { openEndpoint } from '../../src/runner/endpoint.ts';
import { ModelFailure, type Reply, type Turn as Said } from '../../src/runner/model.ts';
import { events } from '../../src/runner/sse.ts';
import { type Endpoint, type Turn, calling, endpoint, failing, saying, stream } from '../helpers/openai.ts';
import { fc } from '../helpers/seeded.ts';

const open: Endpoint[] = [];
afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
});

const TOOLS = [{ name: 'read_file', description: 'Read.', input: { type: 'object' } }];
const TURNS: Said[] = [
  { role: 'system', text: 'be' },
  { role: 'user', text: 'do' },
];

interface Answered {
  readonly reply: Reply;
  readonly text: string;
  readonly at: Endpoint;
}

async function ask(turns: readonly Turn[], key: string | null = null, silenceMs = 5000): Promise<Answered> {
  const at = await endpoint(turns);
  open.push(at);
  const model = openEndpoint({ url: at.url, model: 'm', context: 8192, key, silenceMs });
  let text = '';
  const signal = new AbortController().signal;
  const options = { signal, maxTokens: 100, temperature: 0.3, seed: 1 };
  const reply = await model.reply(TURNS, TOOLS, { ...options, onText: (more) => (text += more) });
  return { reply, text, at };
}

test('text comes as it is said, and a call in pieces is put together', async () => {
  const { reply, text } = await ask([stream([{ content: 'Hel' }, { content: 'lo' }])]);
  expect([reply.text, text, reply.calls, reply.fault]).toEqual(['Hello', 'Hello', [], null]);
  const called = await ask([calling('read_file', { path: 'a "b" ü.txt' })]);
  expect(called.reply.calls).toEqual([
    { id: 'call00200', tool: 'read_file', input: { path: 'a "b" ü.txt' } },
  ]);
});

test('arguments that are no object of what JSON can say are told as such, and nothing is guessed', async () => {
  for (const bad of ['{"path": "a', '[1]', '"text"', '{"n": 1e400}', 'null', '{path: a}']) {
    const { reply } = await ask([calling('read_file', bad)]);
    expect(reply.calls.map(({ input }) => input)).toEqual([null]);
  }
  const { reply } = await ask([calling('get_status', '')]);
  expect(reply.calls.map(({ input }) => input)).toEqual([{}]);
});

test('what is cut short is asked for again, and nothing of the first try is kept', async () => {
  const half = stream(
    [{ tool_calls: [{ index: 0, function: { name: 'read_file', arguments: '{"path"' } }] }],
    null,
  );
  const quiet: Turn = (response) =>
    void response.writeHead(200, { 'content-type': 'text/event-stream' }).end();
  const { reply, at } = await ask([half, quiet, saying('done')]);
  expect(at.asked).toHaveLength(3);
  expect([reply.text, reply.calls]).toEqual(['done', []]);
});

test('an answer that hit its limit is a fault, and its calls are not made', async () => {
  const { reply } = await ask([
    stream([{ tool_calls: [{ index: 0, function: { name: 'read_file', arguments: '{}' } }] }], 'length'),
  ]);
  expect([reply.calls, reply.fault]).toEqual([[], 'it was cut short: too long']);
});

test('429 waits as long as it is told to, 500 a while; 401 is not tried again', async () => {
  const { reply, at } = await ask([failing(429, { 'retry-after': '0' }), failing(500), saying('there')]);
  expect([reply.text, at.asked.length]).toEqual(['there', 3]);
  await expect(ask([failing(401)])).rejects.toThrow(/HTTP 401.*not now/);
  expect(open.at(-1)?.asked).toHaveLength(1);
  await expect(ask([failing(503, { 'retry-after': '0' })])).rejects.toThrow(ModelFailure);
  expect(open.at(-1)?.asked).toHaveLength(4);
});

test('an endpoint that says nothing, or is not there, is a failure of the model', async () => {
  const silent: Turn = () => undefined;
  await expect(ask([silent, failing(400)], null, 100)).rejects.toThrow(/HTTP 400/);
  expect(open.at(-1)?.asked).toHaveLength(2);
});

test('the key goes to the endpoint alone, and never after a redirect', async () => {
  const { at } = await ask([saying('x')], 'sesame');
  expect(at.asked[0]?.headers.authorization).toBe('Bearer sesame');
  const elsewhere = await endpoint([saying('caught')]);
  open.push(elsewhere);
  const redirect = failing(307, { location: `${elsewhere.url}/chat/completions` });
  await expect(ask([redirect, failing(400)], 'sesame')).rejects.toThrow(ModelFailure);
  expect(elsewhere.asked).toEqual([]);
});

test('an answer in one piece is read as well, with its usage', async () => {
  const whole: Turn = (response) => {
    const message = {
      content: null,
      tool_calls: [{ function: { name: 'read_file', arguments: { path: 'a' } } }],
    };
    const usage = { prompt_tokens: 7, completion_tokens: 3 };
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ choices: [{ message, finish_reason: 'tool_calls' }], usage }));
  };
  const { reply } = await ask([whole]);
  expect(reply).toMatchObject({
    evaluated: 7,
    generated: 3,
    calls: [{ tool: 'read_file', input: { path: 'a' } }],
  });
});

test('what is no URL of an endpoint is refused before anything is sent', () => {
  for (const url of ['file:///etc/passwd', 'nonsense', 'http://user:secret@host/v1'])
    expect(() => openEndpoint({ url, model: 'm', context: 1, key: null, silenceMs: 1 })).toThrow(/no http/);
});

test('a stream is the same however it is cut into chunks', async () => {
  const data = fc.array(
    fc.string({ minLength: 1 }).map((text) => JSON.stringify(text)),
    { maxLength: 6 },
  );
  const end = fc.constantFrom('\n\n', '\r\n\r\n', '\r\r');
  await fc.assert(
    fc.asyncProperty(data, end, fc.array(fc.nat(20)), async (said, gap, cuts) => {
      const bytes = Buffer.from(said.map((text) => `data: ${text}${gap}`).join(''));
      async function* chunks(): AsyncGenerator<Buffer> {
        let from = 0;
        for (const cut of [...cuts, bytes.length]) yield bytes.subarray(from, (from += cut + 1));
      }
      const got: string[] = [];
      for await (const one of events(chunks(), 1_000_000)) got.push(one);
      expect(got).toEqual(said);
    }),
  );
});

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { cli } from '../helpers/cli-process.ts';
import { agentRun, installLlama, says, script } from '../helpers/llama.ts';
import { scratch } from '../helpers/scratch.ts';

let llama = '';
beforeAll(async () => {
  llama = await installLlama();
}, 300_000);

test('a malformed model file ends its own process; the runner says so and lives', async () => {
  const place = scratch();
  const whole = readFileSync(script(place, [says('Hello.')]));
  const file = join(place.base, 'broken.gguf');
  const twice = Buffer.from(whole);
  // One token's text becomes that of its neighbour.
  twice.write('#', twice.indexOf('"', twice.indexOf('<|im_end|>')), 'latin1');
  const cases: Record<string, Buffer> = {
    'no GGUF file': Buffer.from('hello'),
    'cut in its header': whole.subarray(0, 500),
    'cut in its tensors': whole.subarray(0, whole.length - 5000),
    'a count of tensors that cannot be': Buffer.concat([
      whole.subarray(0, 8),
      Buffer.alloc(8, 0x7f),
      whole.subarray(16),
    ]),
    'a token that occurs twice': twice,
  };
  for (const [name, bytes] of Object.entries(cases)) {
    writeFileSync(file, bytes);
    const { code, report } = await agentRun(place, ['ops', 'look', '--model', file]);
    expect([name, code]).toEqual([name, /^cut in|twice/.test(name) ? 1 : 3]);
    expect(report).toMatchObject({
      outcome: 'failed',
      error: { code: code === 1 ? 'command_failed' : 'wrong_type' },
    });
  }
});

test('a prompt that takes more than half of the context is refused, and what to cut is said', async () => {
  const place = scratch();
  const model = script(place, [says('Hello.')]);
  const { code, report } = await agentRun(place, ['ops', 'look', '--model', model, '--context', '4096']);
  expect(code).toBe(3);
  expect(report).toMatchObject({ error: { code: 'too_large' } });
  expect(String(Reflect.get(Object(Reflect.get(report, 'error')), 'next'))).toMatch(
    /largest tools are \w+ \(\d+\)/,
  );
});

test('a model is brought from a file, listed by its name and asked about itself', async () => {
  const place = scratch();
  const env = { ...place.env, XDG_DATA_HOME: join(place.base, 'data'), HOMEOSTAT_LLAMA: llama };
  const at = { ...place, env };
  const model = script(place, [says('Hello.')]);
  const wrong = await cli(at, ['model', 'pull', model, '--sha256', '0'.repeat(64), '--json']);
  expect(JSON.parse(wrong.stdout)).toMatchObject({ error: { code: 'verification_failed' } });
  expect((await cli(at, ['model', 'pull', model])).code).toBe(0);
  expect(JSON.parse((await cli(at, ['model', 'list', '--json'])).stdout)).toMatchObject({
    models: [{ name: 'script.gguf' }],
  });
  expect(JSON.parse((await cli(at, ['model', 'info', 'script.gguf', '--json'])).stdout)).toMatchObject({
    architecture: 'llama',
    name: 'scripted',
    chat_template: true,
  });
  writeFileSync(join(place.base, 'text.gguf'), 'no model at all');
  const text = await cli(at, ['model', 'pull', join(place.base, 'text.gguf'), '--json']);
  expect(JSON.parse(text.stdout)).toMatchObject({ error: { code: 'verification_failed' } });
  for (const from of ['http://127.0.0.1/m.gguf', 'file:///m.gguf', 'https://127.0.0.1:1/m.gguf', 'm.bin']) {
    const refused = await cli(at, ['model', 'pull', from, '--json']);
    expect(JSON.parse(refused.stdout)).toMatchObject({
      outcome: 'failed',
      error: { next: expect.any(String) },
    });
  }
});

// What a card says of the model that works through it.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openLlama } from '../../src/runner/llama.ts';
import { trustAll } from '../helpers/app.ts';
import { cli } from '../helpers/cli-in-process.ts';
import { BIN } from '../helpers/client.ts';
import { installLlama, says, script } from '../helpers/llama.ts';
import { endpoint, saying } from '../helpers/openai.ts';
import { type Scratch, scratch } from '../helpers/scratch.ts';

async function askedOf(place: Scratch, args: readonly string[]): Promise<Record<string, unknown>> {
  const at = await endpoint([saying('done')]);
  const { json, code } = await cli(place, ['agent', 'run', ...args, '--endpoint', at.url, '--json']);
  await at.close();
  return code === 0 ? { ...at.asked[0]?.body } : json();
}

test('a card’s hints count where the person says nothing else', async () => {
  const place = scratch();
  const folder = join(place.configFile, '..', 'agents');
  mkdirSync(folder);
  const front = 'title: T\ndescription: D.\ntools: [get_status]\nmodel: { context: 900, max_tokens: 77 }';
  writeFileSync(join(folder, 'small.md'), `---\nname: small\n${front}\n---\nLook.\n`);
  expect(await askedOf(place, ['small', 'look'])).toMatchObject({ error: { code: 'tool_not_on_card' } });
  await trustAll(place);
  expect(await askedOf(place, ['security', 'look'])).toMatchObject({ temperature: 0.1, max_tokens: 4096 });
  const own = ['--temperature', '0.7', '--max-tokens', '50', '--context', '9000'];
  expect(await askedOf(place, ['security', 'look', ...own])).toMatchObject({
    temperature: 0.7,
    max_tokens: 50,
  });
  const refused = await askedOf(place, ['small', 'look']);
  expect(refused).toMatchObject({
    error: { code: 'too_large', message: expect.stringContaining('half of the context of 900') },
  });
  const roomy = await askedOf(place, ['small', 'look', '--context', '9000']);
  expect(roomy).toMatchObject({ max_tokens: 77 });
  expect(roomy).not.toHaveProperty('temperature');
});

test('a model file gets as much context as is wanted, and no more than it was made for', async () => {
  const file = script(scratch(), [says('Hello.')]);
  const env = { ...process.env, HOMEOSTAT_LLAMA: await installLlama() };
  for (const [context, is] of [
    [{ max: 2048 }, 2048],
    [4096, 4096],
  ] as const) {
    const model = await openLlama({ bin: BIN, file, context, env });
    expect(model.context).toBe(is);
    await model.close();
  }
});

// What a person sees of cards: the command line beside the files.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { cli } from '../helpers/cli-in-process.ts';
import { PASSPHRASE } from '../helpers/app.ts';
import { scratch } from '../helpers/scratch.ts';

test('cards are listed and shown, with what the configuration leaves of them', async () => {
  const place = scratch('agents:\n  ops: { autonomy: safe, services: [web], limits: { actions: 10 } }\n');
  const folder = join(place.configFile, '..', 'agents');
  mkdirSync(folder);
  const mine =
    '---\nname: mine\ntitle: Mine\ndescription: Does little.\ntools: [read_file]\n---\nLook about.\n';
  writeFileSync(join(folder, 'mine.md'), mine);
  const listed = (await cli(place, ['agent', 'list'])).out;
  for (const name of ['bug-hunter', 'ops', 'orchestrator', 'security'])
    expect(listed).toMatch(new RegExp(`^${name} `, 'm'));
  expect(listed).toMatch(/^mine +your own: Does little\.$/m);
  const all = JSON.parse((await cli(place, ['agent', 'list', '--json'])).out) as { name: string }[];
  expect(all.map(({ name }) => name).toSorted()).toContain('mine');

  const ops = (await cli(place, ['agent', 'show', 'ops'])).out;
  expect(ops).toMatch(/^autonomy +supervised \(card ops\), safe \(agents\.ops\.autonomy\)$/m);
  expect(ops).toMatch(/^services +\* and web$/m);
  expect(ops).toMatch(/^limits +40 steps, 60 minutes, 10 actions, a risk of 1500$/m);
  expect(ops).toContain('You keep the services of this machine working.');

  const untrusted = await cli(place, ['agent', 'show', 'mine']);
  expect(untrusted.out).toContain('No person has trusted it');
  expect((await cli(place, ['approver', 'add', '--passphrase-stdin'], `${PASSPHRASE}\n`)).code).toBe(0);
  expect((await cli(place, ['trust', '--passphrase-stdin'], `${PASSPHRASE}\n`)).code).toBe(0);
  const shown = await cli(place, ['agent', 'show', 'mine', '--json']);
  expect(shown.json()).toMatchObject({
    name: 'mine',
    own: true,
    prompt: 'Look about.',
    in_effect: { trusted: true, tools: ['read_file'] },
  });
  const none = await cli(place, ['agent', 'show', 'nobody', '--json']);
  expect([none.code === 0, none.json()]).toMatchObject([false, { error: { code: 'not_found' } }]);
});

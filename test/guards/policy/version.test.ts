import { expect, test } from 'vitest';
import { cardSchema } from '../../../src/core/card.ts';
import { configSchema } from '../../../src/core/config.ts';
import { policyVersion } from '../../../src/guards/policy/version.ts';

const CARD = { name: 'ops', title: 'Ops', description: 'Looks after services.', tools: ['get_status'] };

function version(config: object = {}, card: object = {}, ground: object = {}): string {
  const ops = { ...cardSchema.parse({ ...CARD, ...card }), prompt: 'Look first.', own: false };
  const given = { version: '1', registry: 'abc', cards: new Map([['ops', ops]]), ...ground };
  return policyVersion(given, configSchema.parse(config));
}

test.each([
  ['the program', version({}, {}, { version: '2' })],
  ['the registry', version({}, {}, { registry: 'abd' })],
  ['a card’s tools', version({}, { tools: ['get_status', 'run_command'] })],
  ['a card’s folders', version({}, { roots: ['web'] })],
  ['a card’s limits', version({}, { limits: { actions: 500 } })],
  ['autonomy', version({ autonomy: 'full' })],
  ['autonomy of a card', version({ autonomy_of: { cards: { ops: 'safe' } } })],
  ['autonomy of a folder', version({ autonomy_of: { roots: { '/srv': 'safe' } } })],
  ['what is taken from a card', version({ agents: { ops: { autonomy: 'safe' } } })],
  ['protected paths', version({ protected: { paths: ['kept'] } })],
  ['secrets that are shown', version({ secrets: { shown: ['.env.example'] } })],
])('%s is part of what an approval is bound to', (_, other) => {
  expect(other).not.toBe(version());
  expect(other).toMatch(/^[0-9a-f]{16}$/);
});

test('what decides nothing is not', () => {
  expect(version({ retention: { days: 3 } })).toBe(version());
  expect(version({}, { title: 'Operations' })).toBe(version());
});

import * as z from 'zod';
import { expect, test } from 'vitest';
import { changeKind, inverse, sameState } from '../../src/core/effects.ts';
import { HomeostatError, asHomeostatError } from '../../src/core/errors.ts';
import { difference } from '../../src/core/host.ts';
import { jsonSchema } from '../../src/core/json-schema.ts';
import { LEVELS, leastReversible, riskOf, strictest } from '../../src/core/risk.ts';
import { defineQuery } from '../../src/core/tool.ts';
import { visible, visibleLine } from '../../src/core/visible.ts';

test('what could fool a reader is made visible, all else stays', () => {
  expect(visible('plain\ttext\nüñ 漢 🙂')).toBe('plain\ttext\nüñ 漢 🙂');
  expect(visible('\u001b[31m\r\u202e\u200b\u0000\u009b')).toBe(
    '\\u{1b}[31m\\u{d}\\u{202e}\\u{200b}\\u{0}\\u{9b}',
  );
  expect(visibleLine('a\nb\tc')).toBe('a\\u{a}b\\u{9}c');
});

test('characters that tag or vary others without being seen are made visible too', () => {
  for (const c of ['\u{e0041}', '\u{e0100}', '\ufe0f', '\u2066', '\ufeff'])
    expect(visible(`a${c}b`)).not.toContain(c);
});

test('a schema carries no dialect mark and no bound of every integer', () => {
  const schema = jsonSchema(z.object({ n: z.number().int(), m: z.number().int().min(1) }), 'input');
  expect(schema).not.toHaveProperty('$schema');
  expect(schema['properties']).toEqual({ n: { type: 'integer' }, m: { type: 'integer', minimum: 1 } });
});

test('the strictest level and the weakest promise win', () => {
  expect(strictest([])).toBe('SAFE');
  expect(strictest(['LOW', 'CRITICAL', 'HIGH'])).toBe('CRITICAL');
  expect(leastReversible([])).toBe('reversible');
  expect(leastReversible(['compensable', 'irreversible', 'reversible'])).toBe('irreversible');
});

test('a score stays between its level and the next', () => {
  const factor = (level: (typeof LEVELS)[number]) => ({ rule: 'r', level, reason: 'r', evidence: 'e' });
  let last = -1;
  for (const level of LEVELS) {
    const one = riskOf([factor(level)], [], 'reversible').score;
    const many = riskOf(
      Array.from({ length: 50 }, () => factor(level)),
      [],
      'reversible',
    ).score;
    expect(one).toBeGreaterThan(last);
    expect(many).toBeGreaterThanOrEqual(one);
    expect(many).toBeLessThanOrEqual(100);
    last = many;
  }
});

const state = (digest: string) => ({
  type: 'file' as const,
  mode: 0o644,
  uid: 1,
  gid: 1,
  mtime_ns: '1',
  size: 1,
  digest,
});

test('changes are named, compared and inverted', () => {
  const change = { path: '/a', before: null, after: state('x') };
  expect(changeKind(change)).toBe('create');
  expect(changeKind({ ...change, before: state('y') })).toBe('modify');
  expect(changeKind({ path: '/a', before: state('x'), after: null })).toBe('delete');
  expect(sameState(state('x'), { ...state('x'), mtime_ns: '2', uid: 2 })).toBe(true);
  expect(sameState(state('x'), state('y'))).toBe(false);
  expect(sameState(null, null)).toBe(true);
  expect(sameState(null, state('x'))).toBe(false);
  expect(inverse(inverse({ changes: [change] }))).toEqual({ changes: [change] });
});

test('two scans differ by exactly what changed, an owner among it', () => {
  const before = Object.entries({ a: state('1'), b: state('2'), c: state('3') });
  const after = Object.entries({ a: state('1'), b: { ...state('2'), uid: 9 }, d: state('4') });
  expect(difference('/r', before, after).map((c) => `${changeKind(c)} ${c.path}`)).toEqual([
    'modify /r/b',
    'delete /r/c',
    'create /r/d',
  ]);
});

test('anything thrown becomes one of our errors', () => {
  const own = new HomeostatError('not_found', 'x');
  expect(asHomeostatError(own)).toBe(own);
  expect(asHomeostatError(new Error('oh')).body()).toMatchObject({ code: 'internal_error', message: 'oh' });
  expect(asHomeostatError('text').message).toBe('text');
  expect(own.class).toBe('refused');
});

test('a tool refuses what its schema does not know, by name, and checks its own answer', async () => {
  const query = defineQuery({
    name: 'q',
    title: 'Q',
    description: 'Q.',
    toolset: 'core',
    annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false },
    input: z.object({ a: z.number() }),
    output: z.object({ b: z.number() }),
    run: async ({ a }) => ({ b: a === 1 ? 1 : ('no number' as never) }),
  });
  expect(() => query.bind({ a: 1, c: 2 })).toThrow('q: input: Unrecognized key: "c"');
  expect(() => query.bind(undefined)).toThrow('q: a:');
  expect(await query.bind({ a: 1 }).run({} as never)).toEqual({ b: 1 });
  await expect(query.bind({ a: 2 }).run({} as never)).rejects.toThrow('expected number');
});

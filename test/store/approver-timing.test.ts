// How long an answer takes tells nothing about a passphrase: shown by the work that is done, and by no clock.
import { join } from 'node:path';
import { beforeEach, expect, test, vi } from 'vitest';
import { approverFile } from '../../src/store/approver-file.ts';
import { scratch } from '../helpers/scratch.ts';

const hashed: unknown[][] = [];
const compared: number[][] = [];

vi.mock('node:crypto', async (original) => {
  const crypto = await original<typeof import('node:crypto')>();
  return {
    ...crypto,
    scrypt(password: string, salt: Buffer, length: number, cost: object, done: () => void) {
      hashed.push([salt.toString('hex'), length, cost]);
      crypto.scrypt(password, salt, length, cost, done);
    },
    timingSafeEqual(one: Buffer, other: Buffer) {
      compared.push([one.length, other.length]);
      return crypto.timingSafeEqual(one, other);
    },
  };
});

const RIGHT = 'correct horse battery';
const GUESSES = [
  '',
  'c',
  'correct horse batter',
  `${RIGHT} `,
  RIGHT.toUpperCase(),
  'x'.repeat(10_000),
  RIGHT,
];

beforeEach(() => {
  hashed.length = 0;
  compared.length = 0;
});

test('however much of a passphrase is right, the same is worked out and all of it is compared', async () => {
  const approver = approverFile(join(scratch().base, 'approver.json'));
  await approver.enrol(RIGHT);
  // The cost of a real enrolment, as RFC 7914 names it: 64 MB a guess.
  expect(hashed).toEqual([[expect.any(String), 32, { N: 65_536, r: 8, p: 1, maxmem: 128 * 1024 * 1024 }]]);
  hashed.length = 0;
  const answers = [];
  for (const guess of GUESSES) answers.push(await approver.check(guess));
  expect(answers).toEqual(GUESSES.map((guess) => guess === RIGHT));
  expect(new Set(hashed.map((call) => JSON.stringify(call))).size).toBe(1);
  expect(hashed).toHaveLength(GUESSES.length);
  expect(compared).toEqual(GUESSES.map(() => [32, 32]));
});

test('where nobody is enrolled nothing is right', async () => {
  const approver = approverFile(join(scratch().base, 'approver.json'));
  expect(await approver.check(RIGHT)).toBe(false);
  expect(compared).toEqual([]);
});

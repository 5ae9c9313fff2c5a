import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { PACKAGE_ROOT } from '../../src/app.ts';
import type { AuditBody } from '../../src/core/records.ts';
import { testApp } from '../helpers/app.ts';
import { cli } from '../helpers/cli-in-process.ts';
import type { Scratch } from '../helpers/scratch.ts';

async function used(): Promise<Scratch> {
  const t = await testApp();
  await t.act('write_file', { path: 'a.txt', content: 'a' });
  await t.act('write_file', { path: '../out.txt', content: 'a' });
  await t.ask('read_file', { path: 'a.txt' });
  await t.close();
  return t;
}

const lines = (text: string): AuditBody[] =>
  text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as AuditBody);

test('an export has each record as it was hashed, and the stand-alone verifier goes through it', async () => {
  const place = await used();
  const { out } = await cli(place, ['audit', 'export']);
  expect(lines(out).map(({ seq }) => seq)).toEqual(lines(out).map((_, n) => n + 1));
  const file = join(place.base, 'export.jsonl');
  const check = (text: string): number | null => {
    writeFileSync(file, text);
    return spawnSync('python3', [join(PACKAGE_ROOT, 'docs', 'verify_audit.py'), file]).status;
  };
  expect(check(out)).toBe(0);
  expect(check(out.split('\n').slice(2).join('\n'))).toBe(0);
  expect(check(out.replace('"write_file"', '"read_file"'))).toBe(1);
  expect(
    check(
      out
        .split('\n')
        .filter((_, n) => n !== 2)
        .join('\n'),
    ),
  ).toBe(1);
  const later = await cli(place, ['audit', 'export', '--since', '2999-01-01']);
  expect(later.out).toBe('');
});

test('a report counts the day and lists what deserves a look', async () => {
  const place = await used();
  const found = (await cli(place, ['audit', 'report', '--day', '--json'])).json();
  expect(found).toMatchObject({
    outcomes: { succeeded: 2, denied: 1 },
    tools: { write_file: 2 },
    left_off: 0,
  });
  expect(found['notable']).toMatchObject([{ event: 'approver.enrolled' }, { event: 'action.refused' }]);
  const week = await cli(place, ['audit', 'report', '--week']);
  expect(week.out).toMatch(/^# Audit of \d{4}-\d\d-\d\d to \d{4}-\d\d-\d\d \(UTC\)\n/);
  expect(week.out).toContain('| action.refused |');
  expect((await cli(place, ['audit', 'report', '--day', '2001-01-01'])).out).toContain('0 records.');
  expect((await cli(place, ['audit', 'report', '--day', 'never'])).code).toBe(2);
});

test('the newest records come last in a tail, and filters narrow the list', async () => {
  const place = await used();
  const { out } = await cli(place, ['audit', 'tail', '--limit', '2', '--json']);
  expect(lines(out).map(({ action }) => action)).toEqual(['write_file', 'read_file']);
  for (const [args, most] of [
    [['--result', 'denied'], 1],
    [['--event', 'query', '--action', 'read_file'], 1],
    [['--resource', place.root, '--result', 'succeeded'], 1],
    [['--text', 'out txt'], 1],
    [['--before', '2'], 1],
  ] as const) {
    const records = (await cli(place, ['audit', '--json', ...args])).json()['result'] as {
      records: object[];
    };
    expect(records.records, args.join(' ')).toHaveLength(most);
  }
});

test('a file without heads is no anchor', async () => {
  const place = await used();
  const file = join(place.base, 'empty.jsonl');
  writeFileSync(file, 'nothing\n');
  expect((await cli(place, ['audit', 'verify', '--anchor', file])).code).toBe(2);
  expect((await cli(place, ['audit', 'verify', '--anchor', `${file}.not`])).code).toBe(2);
  expect(readFileSync(file, 'utf8')).toBe('nothing\n');
});

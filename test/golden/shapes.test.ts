import { expect, test } from 'vitest';
import { CLASS_EXIT, EXIT } from '../../src/cli/exit-codes.ts';
import { ERRORS } from '../../src/core/errors.ts';
import { testApp } from '../helpers/app.ts';
import { golden } from './golden.ts';

test('error codes and their classes are as they were published', () => {
  const classes = Object.fromEntries(Object.entries(ERRORS).map(([code, row]) => [code, row.class]));
  const { now, published } = golden('error-codes', classes);
  expect(now).toBe(published);
});

test('exit codes are as they were published, and different for each kind of end', () => {
  const { now, published } = golden('exit-codes', { exit: EXIT, by_error_class: CLASS_EXIT });
  expect(now).toBe(published);
  expect(new Set(Object.values(EXIT)).size).toBe(Object.keys(EXIT).length);
});

test('an audit record has the fields that were published', async () => {
  const t = await testApp();
  await t.act('write_file', { path: 'a.txt', content: 'a' });
  await t.act('write_file', { path: '../a.txt', content: 'a' });
  await t.ask('read_file', { path: 'a.txt' });
  const { result } = await t.ask('query_audit', { limit: 200 });
  const { records } = result as { records: Record<string, unknown>[] };
  expect(new Set(records.map((record) => record['event']))).toEqual(
    new Set([
      'approver.enrolled',
      'action.intended',
      'action.committing',
      'action.finished',
      'action.refused',
      'query',
    ]),
  );
  const shapes = new Set(records.map((record) => Object.keys(record).toSorted().join(' ')));
  expect([...shapes]).toHaveLength(1);
  const { now, published } = golden('audit-record', Object.keys(records[0] ?? {}).toSorted());
  expect(now).toBe(published);
  await t.close();
});

import { linkSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type TestApp, testApp } from '../helpers/app.ts';

const OLD = 'o'.repeat(6_000);
const NEXT = 'n'.repeat(8_000);

/** Replaces a file that has two names, which is done in place; something happens at that step. */
async function replaced(
  step: string,
  happens: (path: string) => void,
): Promise<{ t: TestApp; outcome: string }> {
  const t = await testApp({
    trace(point) {
      if (point === step) happens(join(t.root, 'a'));
    },
  });
  writeFileSync(join(t.root, 'a'), OLD);
  linkSync(join(t.root, 'a'), join(t.root, 'b'));
  const { action_id: id } = await t.act('write_file', { path: 'a', content: NEXT });
  await t.approve(id ?? '');
  const { result } = await t.ask('wait_for_approval', { action_id: id, wait_seconds: 5 });
  return { t, outcome: (result as { report: { outcome: string } }).report.outcome };
}

test.each([0, 1, 700, 5_000, 7_000])(
  'a write in place that was cut short after %i bytes is taken back',
  async (written) => {
    const { t, outcome } = await replaced('step 0', (path) => {
      writeFileSync(path, NEXT.slice(0, written));
      throw new Error('no further');
    });
    expect(outcome).toBe('rolled_back');
    expect(readFileSync(join(t.root, 'b'), 'utf8')).toBe(OLD);
    await t.close();
  },
);

test('what somebody else saves in the last moment is not written over', async () => {
  const { t, outcome } = await replaced('preserved', (path) => writeFileSync(path, 'saved by a person'));
  expect(outcome).not.toBe('succeeded');
  expect(readFileSync(join(t.root, 'b'), 'utf8')).toBe('saved by a person');
  await t.close();
});

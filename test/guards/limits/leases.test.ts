import { fc } from '../../helpers/seeded.ts';
import { expect, test } from 'vitest';
import { overlap } from '../../../src/guards/limits/leases.ts';
import { testApp } from '../../helpers/app.ts';
import { sql } from '../../helpers/sql.ts';

const path = fc
  .array(fc.constantFrom('a', 'b', 'ab'), { maxLength: 4 })
  .map((parts) => `/${parts.join('/')}`);
const resource = fc.oneof(
  path.map((p) => `file:${p}`),
  path.map((p) => `tree:${p}`),
  fc.constantFrom('docker:web', 'docker:we'),
);

test('overlap is the same from both sides, and nothing is free of itself', () => {
  fc.assert(
    fc.property(resource, resource, (a, b) => {
      expect(overlap(a, b)).toBe(overlap(b, a));
      expect(overlap(a, a)).toBe(true);
    }),
  );
});

test('a tree overlaps with exactly what lies in it or holds it', () => {
  fc.assert(
    fc.property(path, path, (a, b) => {
      const parts = (p: string): string[] => p.split('/').filter(Boolean);
      const holds = (outer: string[], inner: string[]): boolean =>
        outer.every((part, i) => inner[i] === part);
      expect(overlap(`tree:${a}`, `file:${b}`)).toBe(holds(parts(a), parts(b)));
      expect(overlap(`tree:${a}`, `tree:${b}`)).toBe(holds(parts(a), parts(b)) || holds(parts(b), parts(a)));
    }),
  );
});

test('a lease of a process that is gone is no hindrance', async () => {
  const t = await testApp();
  await t.ask('get_status');
  sql(t.home, "INSERT INTO leases VALUES ('tree:/', 'gone', 'another-boot:1:1:1')");
  expect((await t.act('write_file', { path: 'a', content: 'x' })).outcome).toBe('succeeded');
  await t.close();
});

test('a lease of a living process is waited for, then named', async () => {
  // Without a sandbox a command holds the roots as long as it runs.
  const t = await testApp({ rung: 'snapshot' });
  const running = t.act('run_command', { command: 'sleep 7; true', reason: 'hold the root' });
  await expect
    .poll(async () => (await t.ask('get_status')).result?.['running_actions' as never], { timeout: 5000 })
    .toBe(1);
  const refused = await t.act('write_file', { path: 'a', content: 'x' });
  expect(refused.error).toMatchObject({ code: 'resource_busy' });
  expect((await running).outcome).toBe('succeeded');
  await t.close();
});

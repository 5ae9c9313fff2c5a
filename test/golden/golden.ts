import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { PACKAGE_ROOT } from '../../src/app.ts';

export const GOLDEN = join(PACKAGE_ROOT, 'test', 'golden');

/** A shape as it is now and as it was published; `UPDATE_GOLDEN=1` publishes it anew, so that review sees the change. */
export function golden(name: string, value: unknown): { now: string; published: string } {
  const file = join(GOLDEN, `${name}.json`);
  const now = `${JSON.stringify(value, null, 2)}\n`;
  if (process.env['UPDATE_GOLDEN'] === '1') {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, now);
  }
  return { now, published: readFileSync(file, 'utf8') };
}

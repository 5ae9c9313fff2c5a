import { fc } from '../helpers/seeded.ts';
import { expect, test } from 'vitest';
import { CappedOutput } from '../../src/host/capped-output.ts';

const ascii = (length: number): Buffer => Buffer.from(Array.from({ length }, (_, i) => 97 + (i % 26)));

test('beginning, end and what was left out make up the whole', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 2, max: 64 }),
      fc.array(fc.integer({ min: 0, max: 90 }), { maxLength: 20 }),
      (limit, sizes) => {
        const whole = ascii(sizes.reduce((a, b) => a + b, 0));
        const output = new CappedOutput(limit);
        let at = 0;
        for (const size of sizes) output.write(whole.subarray(at, (at += size)));
        const left = output.omittedBytes;
        const [head = '', tail = ''] = output.toString().split(`\n[… ${left} bytes left out here …]\n`);
        expect(head.length + tail.length + left).toBe(whole.length);
        expect(whole.toString().startsWith(head)).toBe(true);
        expect(whole.toString().endsWith(tail)).toBe(true);
        expect(left === 0 || head.length + tail.length <= limit).toBe(true);
      },
    ),
  );
});

test('a later change of a buffer that was written does not matter', () => {
  const chunk = Buffer.from('abc');
  const output = new CappedOutput(10);
  output.write(chunk);
  chunk.fill('x');
  expect(output.toString()).toBe('abc');
});

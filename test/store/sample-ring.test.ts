import { appendFileSync, existsSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { sampleRing } from '../../src/store/sample-ring.ts';
import { scratch } from '../helpers/scratch.ts';
import { describeWithMounts, smallDisk } from '../helpers/small-disk.ts';

const sample = (at_ms: number, weight = 0): Parameters<ReturnType<typeof sampleRing>['add']>[0] => ({
  at_ms,
  host: { load_1: at_ms },
  containers: Object.fromEntries(Array.from({ length: weight }, (_, n) => [`c${n}`, { pids: n }])),
});

const bytesIn = (folder: string): number =>
  readdirSync(folder).reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);

test('the newest samples are kept, in so many bytes, and outlive the process', () => {
  const folder = join(scratch().base, 'samples');
  expect(sampleRing(folder, 64_000).since(0)).toEqual([]);
  expect(existsSync(folder)).toBe(false);
  const from = 1_700_000_000_000;
  for (let n = 0; n < 400; n++) {
    sampleRing(folder, 64_000).add(sample(from + n * 1000, 40), 0);
    expect(bytesIn(folder)).toBeLessThanOrEqual(64_000);
  }
  const kept = sampleRing(folder, 64_000).since(0);
  expect(kept.length).toBeGreaterThan(50);
  expect(kept.at(-1)).toEqual(sample(from + 399_000, 40));
  expect(kept.map(({ at_ms }) => at_ms)).toEqual(kept.map((_, n) => from + (400 - kept.length + n) * 1000));
  const since = sampleRing(folder, 64_000).since(from + 395_000);
  expect(since.map(({ at_ms }) => at_ms - from)).toEqual([395_000, 396_000, 397_000, 398_000, 399_000]);
  for (const name of readdirSync(folder)) expect(statSync(join(folder, name)).mode & 0o777).toBe(0o600);
});

test('what was torn in mid-write, or is none of ours, is no sample', () => {
  const folder = join(scratch().base, 'samples');
  const ring = sampleRing(folder, 64_000);
  ring.add(sample(1_700_000_000_000), 0);
  const [name = ''] = readdirSync(folder);
  appendFileSync(join(folder, name), '{"at_ms":17000000');
  appendFileSync(
    join(folder, name),
    `\nnull\n7\n{"at_ms":"x"}\n${JSON.stringify(sample(1_700_000_001_000))}\n`,
  );
  writeFileSync(join(folder, 'other.txt'), 'x');
  expect(ring.since(0).map(({ at_ms }) => at_ms)).toEqual([1_700_000_000_000, 1_700_000_001_000]);
});

test('of two servers one puts them down', () => {
  const folder = join(scratch().base, 'samples');
  const [one, two] = [sampleRing(folder, 64_000), sampleRing(folder, 64_000)];
  expect(one.add(sample(Date.now()), 60_000)).toBe(true);
  expect(two.add(sample(Date.now()), 60_000)).toBe(false);
  expect(two.add(sample(Date.now() + 60_000), 60_000)).toBe(true);
});

describeWithMounts('on a full disk', import.meta.filename, () => {
  test('a sample is left out, those before it stay, and they go on when there is room', () => {
    const folder = join(scratch().base, 'disk');
    const disk = smallDisk({ home: folder }, '256k');
    const ring = sampleRing(folder, 1_000_000);
    const [first, second, ...later] = [0, 1, 2, 3].map((n) => sample(1_700_000_000_000 + n * 60_000, 300));
    if (first === undefined || second === undefined) throw new Error('no samples');
    ring.add(first, 0);
    disk.fill();
    expect(() => ring.add(second, 0)).toThrow(/ENOSPC/);
    expect(ring.since(0)).toEqual([first]);
    disk.free();
    for (const one of later) ring.add(one, 0);
    // Of a line that was cut short the next one may be lost with it.
    const kept = ring.since(0);
    expect([kept[0], kept.at(-1)]).toEqual([first, later.at(-1)]);
  });
});

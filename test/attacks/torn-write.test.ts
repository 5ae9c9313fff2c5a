import { linkSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { testApp } from '../helpers/app.ts';

test.each([0, 1, 700, 5_000, 7_000])(
  'a write in place that was cut short after %i bytes is taken back',
  async (written) => {
    const old = 'o'.repeat(6_000);
    const next = 'n'.repeat(8_000);
    const broken = await testApp({
      trace(step) {
        // What a kill in the middle of the write leaves behind, and then a failure instead of the kill.
        if (step !== 'preserved') return;
        writeFileSync(join(broken.root, 'a'), next.slice(0, written) + old.slice(written));
      },
    });
    writeFileSync(join(broken.root, 'a'), old);
    linkSync(join(broken.root, 'a'), join(broken.root, 'b'));
    const { action_id: id } = await broken.act('write_file', { path: 'a', content: next });
    await broken.approve(id ?? '');
    const { result } = await broken.ask('wait_for_approval', { action_id: id, wait_seconds: 5 });
    const { report } = result as { report: { outcome: string } };
    expect(report.outcome).toBe(written === 0 ? 'succeeded' : 'rolled_back');
    expect(readFileSync(join(broken.root, 'b'), 'utf8')).toBe(written === 0 ? next : old);
    await broken.close();
  },
);

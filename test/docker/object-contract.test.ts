import { afterEach, expect, test } from 'vitest';
import { engineForTests } from '../helpers/engine.ts';
import { act, appOn, clear } from './cases.ts';
import { OBJECT_CASES } from './object-cases.ts';
import { objectsOf } from './objects.ts';
import { furnish } from './world.ts';

const engine = engineForTests();
let made = 0;

afterEach(async () => clear(await engine()));

test.each(OBJECT_CASES.map((one, n) => ({ ...one, n })))(
  '$tool ($n): undo restores all of it, undo of the undo brings the change back',
  async ({ tool, input, before, container }) => {
    const on = await engine();
    const name = `o${++made}`;
    if (container === true) await furnish(on, name);
    await before?.(on, name);
    const t = await appOn(on);
    const then = await objectsOf(on);
    const tried = await t.act(tool, { ...input(name), dry_run: true });
    expect(tried).toMatchObject({ outcome: 'succeeded', error: null });
    expect(await objectsOf(on)).toEqual(then);
    let last = await act(t, tool, input(name));
    expect(last, JSON.stringify(last.error)).toMatchObject({ outcome: 'succeeded', error: null });
    const now = await objectsOf(on);
    expect(now).not.toEqual(then);
    for (const expected of [then, now, then]) {
      last = await act(t, 'rollback', { id: last.snapshot_id });
      expect(last, JSON.stringify(last.error)).toMatchObject({ outcome: 'succeeded', error: null });
      expect(await objectsOf(on)).toEqual(expected);
    }
    await t.close();
  },
);

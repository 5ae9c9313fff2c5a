import { describe, expect, test } from 'vitest';
import { engineForTests } from '../helpers/engine.ts';
import { CASES, act, appOn, clear } from './cases.ts';
import { furnish, worldOf } from './world.ts';

const engine = engineForTests();
let made = 0;

describe.each(CASES.filter(({ undo }) => undo === undefined))(
  '$tool $input',
  ({ tool, input = {}, before, same }) => {
    test('undo restores what ran, undo of the undo brings the change back', async () => {
      const on = await engine();
      const name = `c${++made}`;
      await furnish(on, name);
      await before?.(on, name);
      const t = await appOn(on);
      const then = await worldOf(on);
      const done = await act(t, tool, { container: name, ...input });
      expect(done).toMatchObject({ outcome: 'succeeded', error: null });
      const now = await worldOf(on);
      if (same === true) expect(now).toEqual(then);
      else {
        expect(now).not.toEqual(then);
        let last = done;
        for (const expected of [then, now, then]) {
          last = await act(t, 'rollback', { id: last.snapshot_id });
          expect(last, JSON.stringify(last)).toMatchObject({ outcome: 'succeeded', error: null });
          expect(await worldOf(on)).toEqual(expected);
        }
      }
      await t.close();
      await clear(on);
    });
  },
);

test.each(CASES.filter(({ undo }) => undo !== undefined))(
  '$tool $input: undo says that it cannot',
  async ({ tool, input, undo }) => {
    const on = await engine();
    const name = `c${++made}`;
    await furnish(on, name);
    const t = await appOn(on);
    const done = await act(t, tool, { container: name, ...input });
    expect(done).toMatchObject({
      outcome: 'succeeded',
      snapshot_id: null,
      risk: { reversibility: 'irreversible' },
    });
    const undone = await t.act('rollback', { id: done.action_id });
    expect(undone).toMatchObject({ outcome: 'denied', error: { code: undo } });
    await t.close();
    await clear(on);
  },
);

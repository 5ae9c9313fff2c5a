import { fc } from '../helpers/seeded.ts';
import { expect, test } from 'vitest';
import { describeSandbox } from '../helpers/box.ts';
import { shellScript, under } from '../helpers/shell-scripts.ts';
import { orders, rack, standing } from '../helpers/torture.ts';

const RUNS = Number(process.env['TORTURE_RUNS'] ?? 2);
/** Beginnings of paths that never meet: two share a folder below the root, and all of them the root itself. */
const PREFIXES = ['1.', 's/2.', 's/3.'] as const;

describeSandbox('undo under torture', import.meta.filename, () => {
  test(
    'commands whose paths do not meet are undone and done again in every order',
    { timeout: 3_600_000 },
    async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.tuple(...PREFIXES.map(() => shellScript(15))),
          fc.tuple(...PREFIXES.map(() => shellScript(8))),
          async (trees, scripts) => {
            const place = (all: readonly string[]): string[] =>
              PREFIXES.map((prefix, number) => under(prefix, all[number] ?? ''));
            const on = await rack(['mkdir s', ...place(trees)].join('\n'));
            const before = on.manifest();
            const ids: string[] = [];
            for (const script of place(scripts)) {
              const id = await on.run(script);
              if (id !== null) ids.push(id);
            }
            const all = standing(on, ids);
            all.look();
            const numbers = [...ids.keys()];
            for (const order of orders(numbers)) {
              for (const number of order) await all.turn(number);
              expect(on.manifest()).toEqual(before);
              // Done again in another order than they were undone in.
              for (const number of [...order.slice(1), ...order.slice(0, 1)]) await all.turn(number);
            }
            await on.t.close();
          },
        ),
        { numRuns: RUNS },
      );
    },
  );

  test(
    'where paths meet, an undo refuses by name and changes nothing, and some order undoes all',
    { timeout: 3_600_000 },
    async () => {
      await fc.assert(
        fc.asyncProperty(
          shellScript(25),
          fc.array(shellScript(5), { minLength: 3, maxLength: 4 }),
          fc.infiniteStream(fc.nat(1000)),
          async (tree, scripts, dice) => {
            const on = await rack(tree);
            const before = on.manifest();
            let left: string[] = [];
            for (const script of scripts) {
              const id = await on.run(script);
              if (id !== null) left.push(id);
            }
            // Any one first; where all the others refuse, the newest, which nothing came after.
            while (left.length > 0) {
              const now = on.manifest();
              const first = Number(dice.next().value) % left.length;
              const refused: string[] = [];
              const order = [...left.slice(first), ...left.slice(0, first)];
              for (const id of order) {
                const report = await on.undo(id);
                if (report.outcome === 'succeeded') break;
                refused.push(id);
                expect(report).toMatchObject({ outcome: 'failed', error: { code: 'rollback_conflict' } });
                expect(report.error?.message).toContain(on.t.root);
                expect(on.manifest()).toEqual(now);
              }
              expect(refused).not.toContain(left.at(-1));
              const undone = order[refused.length];
              left = left.filter((id) => id !== undone);
            }
            expect(on.manifest()).toEqual(before);
            await on.t.close();
          },
        ),
        { numRuns: RUNS * 2 },
      );
    },
  );
});

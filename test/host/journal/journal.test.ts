import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Plan } from '../../../src/core/plan.ts';
import { applyPlan } from '../../../src/host/journal/apply.ts';
import { checkPlan } from '../../../src/host/journal/check.ts';
import { differing } from '../../../src/host/journal/differing.ts';
import { inverseOf } from '../../../src/host/journal/inverse.ts';
import { takeBack } from '../../../src/host/journal/take-back.ts';
import { manifestOf } from '../../helpers/manifest.ts';
import { Overlay } from '../../helpers/overlay.ts';
import { expectSameTree } from '../../helpers/same-tree.ts';
import { scratch } from '../../helpers/scratch.ts';
import { LINES, TREE } from './lines.ts';

const nothing = (): void => undefined;

/** A real overlay over a real tree in which the line has run, and the plan that came of it. */
function planned(line: string): { overlay: Overlay; plan: Plan; started: bigint } {
  const overlay = new Overlay(scratch().base, 'trusted', TREE);
  const started = overlay.now();
  overlay.run(line);
  return { overlay, plan: { parts: [overlay.read(started)] }, started };
}

test.each(LINES)('does and undoes, and does again: %s', (line) => {
  const { overlay, plan, started } = planned(line);
  const before = manifestOf(overlay.root);
  checkPlan(plan, '1');
  const applied = applyPlan(plan, '1', nothing);
  overlay.shell(line, overlay.copy);
  expectSameTree(overlay, started);
  expect(differing(applied, '1')).toBeNull();
  const after = manifestOf(overlay.root);

  const back = inverseOf(applied, { of: '1', by: '2', formerTime: () => null });
  checkPlan(back, '2');
  const undone = applyPlan(back, '2', nothing);
  expect(manifestOf(overlay.root)).toEqual(before);

  const again = inverseOf(undone, { of: '2', by: '3', formerTime: () => null });
  applyPlan(again, '3', nothing);
  expect(manifestOf(overlay.root)).toEqual(after);
});

test('what somebody changes below a folder that goes is found once it is out of reach, and goes back', () => {
  const { overlay, plan } = planned('rm -rf a; echo 1 >new');
  const at = join(overlay.root, 'a/b/theirs');
  checkPlan(plan, '1');
  writeFileSync(at, 'theirs');
  const before = manifestOf(overlay.root);
  // Left to the commit, which finds it.
  checkPlan(plan, '1', true);
  expect(() => applyPlan(plan, '1', nothing)).toThrow('changed by somebody else');
  expect(takeBack(plan, '1')).toEqual([]);
  expect(manifestOf(overlay.root)).toEqual(before);
  expect(() => checkPlan(plan, '1')).toThrow('is not as it was');

  rmSync(at);
  const applied = applyPlan(plan, '1', nothing);
  const undone = applyPlan(inverseOf(applied, { of: '1', by: '2', formerTime: () => null }), '2', nothing);
  expect(
    inverseOf(undone, { of: '2', by: '3', formerTime: () => null }).parts[0]?.steps.length,
  ).toBeGreaterThan(0);
  writeFileSync(at, 'theirs');
  expect(() => inverseOf(undone, { of: '2', by: '3', formerTime: () => null })).toThrow(
    'in it was changed since',
  );
});

class Killed extends Error {}

test.each(LINES)('is taken back from every step: %s', (line) => {
  const { overlay, plan } = planned(line);
  const before = manifestOf(overlay.root);
  for (let last = 0; last < (plan.parts[0]?.steps.length ?? 0); last++) {
    const kill = (point: string): void => {
      if (point === `step ${last}`) throw new Killed();
    };
    expect(() => applyPlan(plan, '1', kill)).toThrow(Killed);
    expect(takeBack(plan, '1')).toEqual([]);
    // A second time, as after a kill in the middle of the first, it finds nothing left to do.
    expect(takeBack(plan, '1')).toEqual([]);
    expect(manifestOf(overlay.root)).toEqual(before);
    // What was staged lies where it lay, so that it can be tried again.
    expect(readdirSync(join(overlay.store, '1/0/pre'))).toEqual([]);
  }
  // What is on record once all is done tells how everything stands after the last step.
  expect(takeBack(applyPlan(plan, '1', nothing), '1')).toEqual([]);
  expect(manifestOf(overlay.root)).toEqual(before);
});

import { fc } from '../../helpers/seeded.ts';
import { test } from 'vitest';
import { Overlay, execute } from '../../helpers/overlay.ts';
import { expectFilled, expectSameTree } from '../../helpers/same-tree.ts';
import { shellScript } from '../../helpers/shell-scripts.ts';
import { scratch } from '../../helpers/scratch.ts';

const RUNS = Number(process.env['SCRIPT_RUNS'] ?? 25);

function check(flavour: 'trusted' | 'user', tree: string, line: string): void {
  const overlay = new Overlay(scratch().base, flavour, tree);
  const started = overlay.now();
  overlay.run(line);
  overlay.shell(line, overlay.copy);
  const part = overlay.read(started);
  execute(part);
  expectSameTree(overlay, started);
  expectFilled(part);
}

test('a script in an overlay, its steps done, leaves what it leaves when it is run directly', () => {
  fc.assert(
    fc.property(shellScript(30), shellScript(12), (tree, line) => check('trusted', tree, line)),
    { numRuns: RUNS },
  );
}, 600_000);

// The overlay of an ordinary user splits hard links before the command's eyes, so that a tree has none here; and the
// kernel takes no list of access there that names another user.
test('the same as an ordinary user', () => {
  fc.assert(
    fc.property(shellScript(30, { hardLinks: false }), shellScript(12, { lists: false }), (tree, line) =>
      check('user', tree, line),
    ),
    { numRuns: RUNS },
  );
}, 600_000);

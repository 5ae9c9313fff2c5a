import { statSync } from 'node:fs';
import { relative } from 'node:path';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** The files that take longest, by how long; a clean clone has no times of its own. */
const LONGEST = [
  'test/runner/random.test.ts',
  'test/fuzz/mutated-lines.test.ts',
  'test/docker/bad-deploys.test.ts',
  'test/docker/kill.test.ts',
  'test/differential/differential.test.ts',
  'test/e2e/kill.test.ts',
  'test/e2e/kill-writers.test.ts',
  'test/docker/lost.test.ts',
  'test/torture/away.test.ts',
  'test/contract/kill.test.ts',
  'test/fuzz/random-calls.test.ts',
  'test/torture/programs.test.ts',
  'test/docker/object-contract.test.ts',
  'test/torture/faults.test.ts',
  'test/docker/metrics.test.ts',
  'test/docker/contract.test.ts',
  'test/guards/ordinary-work.test.ts',
  'test/docker/deploy-kill.test.ts',
  'test/docker/deploy.test.ts',
  'test/docker/ssh.test.ts',
  'test/tools/compose/corpus.test.ts',
  'test/docker/deploy-networks.test.ts',
  'test/e2e/kill-during.test.ts',
  'test/host/sandbox/limits.test.ts',
  'test/runner/goal.test.ts',
  'test/runner/resume.test.ts',
  'test/docker/ordinary-user.test.ts',
  'test/host/sandbox/repositories.test.ts',
  'test/docker/deploy-images.test.ts',
  'test/contract/approval.test.ts',
  'test/runner/loop.test.ts',
  'test/runner/cards.test.ts',
  'test/docker/object-kill.test.ts',
  'test/torture/undo.test.ts',
  'test/docker/deploy-edits.test.ts',
  'test/runner/terminal.test.ts',
];

/** Begins with the longest files, so that none of them is left over for one worker alone. */
export default class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const place = ({ moduleId }: TestSpecification): number => {
      const found = LONGEST.indexOf(relative(this.ctx.config.root, moduleId));
      return found === -1 ? LONGEST.length : found;
    };
    // Of all others the larger ones first, as a clean clone has them without this.
    const size = ({ moduleId }: TestSpecification): number => statSync(moduleId).size;
    return files.toSorted((a, b) => place(a) - place(b) || size(b) - size(a));
  }
}

import { statSync } from 'node:fs';
import { relative } from 'node:path';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** The files that take longest, by how long; a clean clone has no times of its own. */
const LONGEST = [
  'test/runner/random.test.ts',
  'test/torture/faults.test.ts',
  'test/e2e/kill.test.ts',
  'test/differential/differential.test.ts',
  'test/e2e/kill-writers.test.ts',
  'test/docker/bad-deploys.test.ts',
  'test/docker/contract.test.ts',
  'test/docker/object-contract.test.ts',
  'test/contract/approval.test.ts',
  'test/torture/away.test.ts',
  'test/docker/deploy-kill.test.ts',
  'test/tools/compose/corpus.test.ts',
  'test/attacks/outlive-stop.test.ts',
  'test/e2e/http.test.ts',
  'test/host/overlay/scripts.test.ts',
  'test/host/overlay/upper.test.ts',
  'test/docker/ssh.test.ts',
  'test/docker/deploy-images.test.ts',
  'test/e2e/form.test.ts',
  'test/e2e/broken-state.test.ts',
  'test/e2e/kill-gc.test.ts',
  'test/e2e/kill-during.test.ts',
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

import { availableParallelism } from 'node:os';
import { assessorFor } from './assessor.ts';
import { SETUP } from './canaries.ts';
import type { Case } from './compare.ts';
import { line } from './grammar/index.ts';
import { openSandbox } from './sandbox/index.ts';

/** Runs the lines of a seed for real, each in a fresh tree, and asks the assessor about each. */
export async function runLines(seed: number, first: number, count: number): Promise<Case[]> {
  const cases: Case[] = [];
  let next = first;
  const work = async (): Promise<void> => {
    const sandbox = await openSandbox(SETUP);
    try {
      const assess = assessorFor(sandbox.tree);
      while (next < first + count) {
        const index = next++;
        const made = line(seed, index, sandbox.programs);
        cases.push({ index, line: made, deed: await sandbox.run(made.text), verdict: assess(made.text) });
      }
    } finally {
      await sandbox.close();
    }
  };
  const workers = Array.from({ length: Math.min(4, availableParallelism()) }, work);
  // Each closes its sandbox before any failure is told.
  await Promise.allSettled(workers);
  await Promise.all(workers);
  return cases.toSorted((a, b) => a.index - b.index);
}

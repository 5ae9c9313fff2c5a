type When = 'test' | 'file';
const cleaners: Record<When, (() => void)[]> = { test: [], file: [] };

/**
 * What a helper cleans up after each test or each file, the newest helper first. It is loaded once for all files that share
 * a process: a hook of its own would hold for the first of them only.
 */
export const cleanUpAfter = (when: When, clean: () => void): unknown => cleaners[when].unshift(clean);

export function cleanUp(when: When): void {
  for (const clean of cleaners[when]) clean();
}

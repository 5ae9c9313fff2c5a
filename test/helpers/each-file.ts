// Runs at the start of every file of tests.
import { afterAll, afterEach, vi } from 'vitest';
import { cleanUp } from './clean-up.ts';

afterEach(() => cleanUp('test'));

afterAll(() => {
  cleanUp('file');
  vi.useRealTimers();
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

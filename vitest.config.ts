import { defineConfig } from 'vitest/config';
import LongestFirst from './test/helpers/longest-first.ts';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/helpers/install.ts'],
    testTimeout: 180_000,
    hookTimeout: 180_000,
    pool: 'forks',
    // Most of them wait for processes and for the disk.
    maxWorkers: 3,
    sequence: { sequencer: LongestFirst },
    reporters: ['default', ['json', { outputFile: 'test-results.json' }]],
    coverage: {
      include: ['src/**/*.ts'],
      // Started as processes of their own by the end-to-end tests, where coverage does not see them.
      exclude: ['src/main.ts', 'src/cli/serve.ts', 'src/server/mcp/stdio.ts'],
      reporter: ['text-summary', 'json-summary'],
      thresholds: { lines: 85 },
    },
  },
});

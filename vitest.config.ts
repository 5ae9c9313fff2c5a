import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/helpers/install.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    pool: 'forks',
    // Most of them wait for processes and for the disk.
    maxWorkers: 2,
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

import { defineConfig } from 'vitest/config';
import LongestFirst from './test/helpers/longest-first.ts';
import { SHARING } from './test/helpers/sharing.ts';

const shared = SHARING.map((folder) => `test/${folder}/**/*.test.ts`);

const common = {
  setupFiles: ['test/helpers/each-file.ts'],
  testTimeout: 180_000,
  hookTimeout: 180_000,
  pool: 'forks' as const,
};

export default defineConfig({
  test: {
    projects: [
      { test: { ...common, name: 'own process', include: ['test/**/*.test.ts'], exclude: shared } },
      { test: { ...common, name: 'shared process', include: shared, isolate: false } },
    ],
    globalSetup: ['test/helpers/install.ts'],
    // Most of them wait for processes and for the disk.
    maxWorkers: 4,
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

/**
 * How `npm run test:e2e` runs: the real application in a real browser, a minute or two, after `npm test` in .ci/run.
 * One step after the other; a step that fails ends the run, as the next ones stand on it.
 */
import { defineConfig } from 'vitest/config';

// eslint-disable-next-line no-restricted-syntax -- vitest takes nothing else
export default defineConfig({
  test: {
    environment: 'node',
    include: ['test/e2e/**/*.e2e.ts'],
    pool: 'forks',
    bail: 1,
    testTimeout: 300_000,
    hookTimeout: 300_000,
    watch: false,
    reporters: ['verbose', 'json'],
    outputFile: { json: 'node_modules/.cache/vitest/e2e.json' },
  },
});

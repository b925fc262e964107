/**
 * How `npm test` runs: every test/**\/*.test.ts in a process of its own, two at a time, results also as JSON for
 * tools/ci-summary.mjs. Tests of the webgpu provider ask tools/vulkan.ts whether they can run.
 */
import { defineConfig } from 'vitest/config';
import { vulkan } from './tools/vulkan.ts';

const { missing, software } = vulkan();
if (software) process.env['VK_DRIVER_FILES'] = software;
if (missing) console.warn(`note: tests of the webgpu provider are skipped: ${missing}`);

export default defineConfig({
  test: {
    environment: 'node',
    include: ['test/**/*.test.ts'],
    // Processes, not threads: onnxruntime's drivers read the real environment, and a crash costs one file.
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    watch: false,
    reporters: ['default', 'json'],
    outputFile: { json: 'node_modules/.cache/vitest/results.json' },
  },
});

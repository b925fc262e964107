/**
 * Prints the closing line of .ci/run, `N passed, N failed`, from vitest's JSON; run by .ci/run after everything else.
 * Plain JavaScript, because it must speak even when `npm ci` has failed and only an older Node is there.
 *
 * usage: ci-summary.mjs CHECK_STATUS [RESULTS.json STATUS]... (exit statuses; `npm run check` counts as one test)
 */
import { readFileSync } from 'node:fs';

const [checkStatus = '1', ...runs] = process.argv.slice(2);
let passed = checkStatus === '0' ? 1 : 0;
let failed = 1 - passed;
for (let i = 0; i < runs.length; i += 2) {
  const run = failedIn(runs[i]);
  // A run that ended badly has failed somewhere, whatever its results say.
  failed += runs[i + 1] !== '0' && run === 0 ? 1 : run;
}

/** Adds a run's passed tests; how many failed. */
function failedIn(file) {
  try {
    const results = JSON.parse(readFileSync(file, 'utf8'));
    passed += results.numPassedTests;
    // A file that fails before its first test (a syntax error, a bad import) has no failed test to count.
    const broken = results.testResults.filter(
      (suite) =>
        suite.status === 'failed' && !suite.assertionResults.some((test) => test.status === 'failed'),
    );
    return results.numFailedTests + broken.length;
  } catch (error) {
    console.error(`note: no test results (${error instanceof Error ? error.message : error})`);
    return 0;
  }
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;

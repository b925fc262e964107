/**
 * Prints the closing line of .ci/run, `N passed, N failed`, from vitest's JSON; run by .ci/run after everything else.
 * Plain JavaScript, because it must speak even when `npm ci` has failed and only an older Node is there.
 *
 * usage: ci-summary.mjs RESULTS.json TEST_STATUS CHECK_STATUS (exit statuses; `npm run check` counts as one test)
 */
import { readFileSync } from 'node:fs';

const [file = '', testStatus = '1', checkStatus = '1'] = process.argv.slice(2);
let passed = 0;
let failed = 0;
try {
  const results = JSON.parse(readFileSync(file, 'utf8'));
  passed = results.numPassedTests;
  failed = results.numFailedTests;
  // A file that fails before its first test (a syntax error, a bad import) has no failed test to count.
  for (const suite of results.testResults) {
    const some = suite.assertionResults.some((test) => test.status === 'failed');
    if (suite.status === 'failed' && !some) failed += 1;
  }
} catch (error) {
  console.error(`note: no test results (${error instanceof Error ? error.message : error})`);
}
if (testStatus !== '0' && failed === 0) failed += 1;
if (checkStatus === '0') passed += 1;
else failed += 1;
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;

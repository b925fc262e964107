/**
 * A process of its own that runs `albumen` and says on its last line what memory that took at most, in megabytes.
 * large.test.ts starts it.
 */
import process from 'node:process';
import { runCli } from '../../src/cli/program.ts';

const { stdout, stderr, env } = process;
const code = await runCli(process.argv.slice(2), {
  stdout,
  stderr,
  env,
  signal: new AbortController().signal,
});
stdout.write(`\n${JSON.stringify({ code, megabytes: process.resourceUsage().maxRSS / 1024 })}\n`);

/**
 * The process of `albumen`: arguments, streams and Ctrl-C for program.ts, which is the command line itself.
 * The first Ctrl-C stops between steps; a second one ends at once.
 */
import process from 'node:process';
import { EXIT } from './exit.ts';
import { runCli } from './program.ts';

const controller = new AbortController();
process.on('SIGINT', () => {
  if (controller.signal.aborted) process.exit(EXIT.cancelled);
  controller.abort();
});
for (const stream of [process.stdout, process.stderr])
  stream.on('error', (error: NodeJS.ErrnoException) => {
    // the reader has gone (`| head`): there is nobody left to tell
    if (error.code === 'EPIPE') process.exit(EXIT.done);
    throw error;
  });
const { stdout, stderr, env, argv } = process;
process.exitCode = await runCli(argv.slice(2), { stdout, stderr, env, signal: controller.signal });

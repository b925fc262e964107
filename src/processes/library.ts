/**
 * The library's process: the studio, served to a host and to every window the host has, each over a channel of its own.
 * It is the same under Node and Electron; library/compose.ts puts the studio together.
 */
import { join } from 'node:path';
import { serve } from '../contract/serve.ts';
import type { Problem } from '../contract/failures.ts';
import { forHosts, forWindows } from '../contract/studio.ts';
import { acceptChannels } from '../contract/transports/mux.ts';
import type { Transport } from '../contract/transports/transport.ts';
import { UserError } from '../domain/errors.ts';
import { GivenEngine, forkEngine } from './library/engine-process.ts';
import { openStudio } from './library/compose.ts';
import { takeLock } from './lock.ts';
import { openLog, withoutNames } from './logs.ts';
import { readOptions } from './options.ts';
import { parentLine } from './parent.ts';
import { serveRefusal } from './refusal.ts';

/** How long a library process that was told to end may take. */
const OTHER_MS = 20_000;

const options = readOptions(process.argv);
const { transport, gone } = parentLine();
const log = openLog('library', options);
const given = new GivenEngine();
const busy = new UserError('busy', 'Another Albumen has this library open.', 'Close that one first.');
try {
  using _lock = await takeLock(join(options.data, 'library.lock'), OTHER_MS, busy);
  const died = (said: string): void =>
    log.logger.error({ said: withoutNames(said) }, 'the engine’s last words');
  const start = options.engine === 'given' ? given.start : forkEngine(options, died);
  const studio = await openStudio(options, log, start);
  const problem = ({ error, call, client, reference }: Problem): void => {
    log.failure(error, call, { reference, client });
  };
  acceptChannels(transport, (channel: Transport, client) => {
    if (client === 'engine') given.give(channel);
    else if (client === 'host') serve(forHosts, studio.hosts, channel, { client, log: problem });
    else serve(forWindows, studio.windows, channel, { client, log: problem });
  });
  await gone;
  await studio.close();
  await log.close();
  process.exit(0);
} catch (error) {
  log.failure(error, 'the library could not be opened');
  serveRefusal(transport, error);
  await gone;
  process.exit(1);
}

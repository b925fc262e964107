/**
 * The engine's process: one engine, for the library's process, whose end is its own. It runs apart because a network
 * blocks its thread and a driver may end its process. engine/service.ts has the work.
 */
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { forLibrary } from '../contract/engine.ts';
import { serve } from '../contract/serve.ts';
import { UserError } from '../domain/errors.ts';
import { EngineService } from './engine/service.ts';
import { takeLock } from './lock.ts';
import { openLog } from './logs.ts';
import { readOptions } from './options.ts';
import { parentLine } from './parent.ts';

/** How long an engine whose library was killed may take to end its step. */
const OTHER_ENGINE_MS = 120_000;
const CLOSE_MS = 5000;

const options = readOptions(process.argv);
const { transport, gone } = parentLine();
const log = openLog('engine', options);
const busy = new UserError('busy', 'Another engine is still at work.');
const lock = await Promise.race([
  takeLock(join(options.data, 'engine.lock'), OTHER_ENGINE_MS, busy),
  gone.then(() => process.exit(0)),
]);
const service = new EngineService();
const served = serve(forLibrary, { engine: service.handlers }, transport, {
  client: 'library',
  log: ({ error, call, reference }) => void log.failure(error, call, { reference }),
});
log.logger.info('the engine is ready');

await Promise.race([gone, served.closed]);
await Promise.race([
  service.close().catch((error: unknown) => log.failure(error, 'closing')),
  setTimeout(CLOSE_MS),
]);
lock[Symbol.dispose]();
await log.close();
process.exit(0);

/**
 * What the two processes are told when they are started: one JSON argument, the same for a Node child process and an
 * Electron utility process. start.ts writes it, library.ts and engine.ts read it.
 */
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import * as v from 'valibot';

const Options = v.object({
  /** Albumen's own folder: database, models, renditions, adapters, cache, logs. */
  data: v.string(),
  /** Bundled models and the rest of resources/. */
  resources: v.optional(v.string(), join(import.meta.dirname, '../../resources')),
  logLevel: v.optional(v.picklist(['debug', 'info', 'warn', 'error']), 'info'),
  /** Who starts the engine: this process, or the host, which then opens a channel called `engine` (Electron). */
  engine: v.optional(v.picklist(['fork', 'given']), 'fork'),
  /** Looks for changes in library folders. */
  watch: v.optional(v.boolean(), true),
  /** What to do where the database is damaged; null: say so, and open nothing. */
  recover: v.optional(v.nullable(v.picklist(['backup', 'rebuild'])), null),
  /** Steps of every finetune, instead of its recipe's: for trying things out. */
  steps: v.optional(v.nullable(v.number()), null),
  /** Milliseconds a job that is told to stop may take before the engine is ended. */
  patience: v.optional(v.number(), 10_000),
});
export type ProcessOptions = v.InferOutput<typeof Options>;
export type GivenOptions = v.InferInput<typeof Options>;

export function readOptions(argv: readonly string[]): ProcessOptions {
  const text = argv[2];
  if (text === undefined) throw new Error('internal: a process of Albumen is started with its options');
  return v.parse(Options, JSON.parse(text));
}

export const optionsText = (options: GivenOptions): string => JSON.stringify(options);

/**
 * The environment of the library's process, which decodes pictures and reads files on libuv's pool: that has four threads
 * by default, whatever the machine has.
 */
export const libraryEnvironment = (): NodeJS.ProcessEnv => ({
  ...process.env,
  UV_THREADPOOL_SIZE: String(Math.max(4, availableParallelism() + 2)),
});

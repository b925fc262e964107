/**
 * The log of a process: one file, rotated, without a path or a name of anybody's at the usual level. diagnostics.ts shows
 * its end.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { pino } from 'pino';
import type { Logger } from 'pino';
import { createStream } from 'rotating-file-stream';
import { UserError } from '../domain/errors.ts';
import type { ProcessOptions } from './options.ts';

export interface Log {
  readonly logger: Logger;
  /** Writes a failure that is ours; its reference, for the person who sees it. */
  failure(
    error: unknown,
    what: string,
    more?: { readonly reference?: string; readonly client?: string },
  ): string;
  /** Writes what is waiting, and no more. */
  close(): Promise<void>;
}

export const logFile = (data: string, name: string): string => join(data, 'logs', `${name}.log`);

export function openLog(name: 'library' | 'engine', { data, logLevel }: ProcessOptions): Log {
  const folder = join(data, 'logs');
  mkdirSync(folder, { recursive: true });
  const stream = createStream(`${name}.log`, { path: folder, size: '2M', maxFiles: 3 });
  // a log that cannot be written must not end the process
  stream.on('error', () => undefined);
  const logger = pino({ level: logLevel, base: { process: name } }, stream);
  const detailed = logLevel === 'debug';
  return {
    logger,
    failure(error, what, more) {
      const reference = more?.reference ?? Math.random().toString(36).slice(2, 8).padEnd(6, '0');
      logger.error({ ...more, reference, ...describe(error, detailed) }, what);
      return reference;
    },
    close: () => new Promise((resolve) => stream.end(() => resolve())),
  };
}

/** Of an error for users its code alone: its sentence names files and people. */
function describe(error: unknown, detailed: boolean): Record<string, unknown> {
  if (error instanceof UserError && !detailed) return { code: error.code };
  if (!(error instanceof Error)) return { error: detailed ? String(error) : typeof error };
  const code = 'code' in error ? { code: String(error.code) } : {};
  const show = detailed ? (text: string) => text : withoutNames;
  return {
    ...code,
    error: show(error.message),
    stack: show(error.stack ?? '')
      .split('\n')
      .slice(1, 12),
  };
}

/** Without folders (of paths only the last part of source files is left) and without what is in quotes. */
export function withoutNames(text: string): string {
  return text
    .replace(/"[^"\n]{0,2000}"|'[^'\n]{0,2000}'/g, '"…"')
    .replace(
      /(?:file:\/\/)?(?:[A-Za-z]:)?[\\/](?:[^\s\\/:()]+(?: [^\s\\/:()]+)*[\\/])+([^\s\\/:()]*)/g,
      (_, last: string) => (/\.(ts|js|mjs|cjs|node)$/.test(last) ? last : '…'),
    );
}

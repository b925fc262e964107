/**
 * Small files of a model folder: written whole or not at all, hashed, and what to say where that fails.
 * installed.ts reads what is written here; download.ts and the command line write.
 */
import { createHash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { UserError } from '../../domain/errors.ts';
import { quoted } from '../../domain/text.ts';

/** Writes JSON to a temporary file, flushed and renamed into place; makes the folder. Throws `output.unwritable`. */
export async function writeJson(path: string, value: unknown): Promise<void> {
  const temporary = join(dirname(path), `.${randomUUID()}.tmp`);
  try {
    await mkdir(dirname(path), { recursive: true });
    const file = await open(temporary, 'wx');
    try {
      await file.writeFile(`${JSON.stringify(value, null, 1)}\n`);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (cause) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw unwritable(path, cause);
  }
}

/** SHA-256 in hexadecimal, read in pieces. `onBytes` hears how far it is. */
export async function sha256Of(
  path: string,
  { signal, onBytes }: { readonly signal?: AbortSignal; readonly onBytes?: (bytes: number) => void } = {},
): Promise<string> {
  const hash = createHash('sha256');
  let bytes = 0;
  await pipeline(
    createReadStream(path, { highWaterMark: 1 << 20 }),
    async (chunks: AsyncIterable<Buffer>) => {
      for await (const chunk of chunks) {
        hash.update(chunk);
        bytes += chunk.length;
        onBytes?.(bytes);
      }
    },
    ...(signal ? [{ signal }] : []),
  );
  return hash.digest('hex');
}

/** 0 where there is no such file. */
export async function bytesIn(path: string): Promise<number> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR') return 0;
    throw error;
  }
}

/** What to say where `path` could not be written; a full disk is called that. */
export function unwritable(path: string, cause: unknown): UserError {
  const code = codeOf(cause);
  if (code === 'ENOSPC' || code === 'EDQUOT')
    return new UserError(
      'output.unwritable',
      `The disk is full: ${quoted(basename(path))} could not be written to ${quoted(dirname(path))}.`,
      'Make room and start again; what is there is kept.',
      { cause },
    );
  return new UserError(
    'output.unwritable',
    `${quoted(basename(path))} could not be written to ${quoted(dirname(path))} (${code ?? 'unknown error'}).`,
    'Check that the folder may be written to; ALBUMEN_HOME names another data folder.',
    { cause },
  );
}

/** The code of a system error. */
export function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

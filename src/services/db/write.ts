/**
 * Small files of the data folder, written whole or not at all. sidecars.ts writes with it, and the thumbnail cache.
 */
import { randomUUID } from 'node:crypto';
import { mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { UserError } from '../../domain/errors.ts';
import { quoted } from '../../domain/text.ts';

const TEMPORARY = /^\.albumen-[0-9a-f-]{36}\.tmp$/;

/**
 * Writes a temporary file beside `path`, whole or piece by piece, renames it into place, and makes the folder where missing. With `sync`, it is on
 * the disk before the rename; a cache does without. Throws `output.unwritable`.
 */
export async function writeWhole(
  path: string,
  content: Uint8Array | string | AsyncIterable<string>,
  { sync = true }: { readonly sync?: boolean } = {},
): Promise<void> {
  const temporary = join(dirname(path), `.albumen-${randomUUID()}.tmp`);
  try {
    await mkdir(dirname(path), { recursive: true });
    const file = await open(temporary, 'wx');
    try {
      await file.writeFile(content);
      if (sync) await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (cause) {
    await rm(temporary, { force: true }).catch(() => undefined);
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown error';
    throw new UserError(
      'output.unwritable',
      `${quoted(basename(path))} could not be written to the data folder (${code}).`,
      'Check that the folder may be written to and that the disk has room.',
      { cause },
    );
  }
}

/** Removes temporary files that killed processes left below `folder`; how many. Files of the last minute may be in use. */
export async function sweepTemporaries(folder: string, olderThanMs = 60_000): Promise<number> {
  let swept = 0;
  let entries;
  try {
    entries = await readdir(folder, { withFileTypes: true, recursive: true });
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return 0;
    throw error;
  }
  for (const entry of entries) {
    if (!entry.isFile() || !TEMPORARY.test(entry.name)) continue;
    const path = join(entry.parentPath, entry.name);
    const seen = await stat(path).catch(() => undefined);
    if (!seen || Date.now() - seen.mtimeMs < olderThanMs) continue;
    await rm(path, { force: true });
    swept++;
  }
  return swept;
}

/**
 * Small JSON files in the data folder: written whole or not at all, read as untrusted.
 * people.ts and albums.ts keep their records with it.
 */
import { randomUUID } from 'node:crypto';
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import * as v from 'valibot';
import { UserError } from '../domain/errors.ts';
import { quoted } from '../domain/text.ts';

/** Makes the folder where missing. Throws `output.unwritable`; what was there before stays. */
export async function writeJson(path: string, value: unknown): Promise<void> {
  const temporary = join(dirname(path), `.${basename(path)}.${randomUUID()}.tmp`);
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

/** Makes a folder. Throws `output.unwritable`. */
export async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true });
  } catch (cause) {
    throw unwritable(path, cause);
  }
}

/** Undefined where there is no such file; throws `checkpoint.unreadable` for one that is something else. */
export async function readJson<S extends v.GenericSchema>(
  path: string,
  schema: S,
): Promise<v.InferOutput<S> | undefined> {
  let json: unknown;
  try {
    json = JSON.parse(await readFile(path, 'utf8'));
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw damaged(path, cause);
  }
  const parsed = v.safeParse(schema, json);
  if (!parsed.success) throw damaged(path, undefined);
  return parsed.output;
}

function unwritable(path: string, cause: unknown): UserError {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown error';
  return new UserError(
    'output.unwritable',
    `${quoted(basename(path))} could not be written to ${quoted(dirname(path))} (${code}).`,
    'Check that the folder may be written to and that the disk has room.',
    { cause },
  );
}

function damaged(path: string, cause: unknown): UserError {
  return new UserError(
    'checkpoint.unreadable',
    `${quoted(path)} is damaged or was written by something else.`,
    'Move it away and start again.',
    { cause },
  );
}

/**
 * Small JSON files in the data folder: written whole or not at all, read as untrusted.
 * people.ts and albums.ts keep their records with it.
 */
import { mkdir, readFile } from 'node:fs/promises';
import * as v from 'valibot';
import { UserError } from '../domain/errors.ts';
import { quoted } from '../domain/text.ts';
import { unwritable, writeWhole } from '../imaging/write.ts';

/** Makes the folder where missing. Throws `output.unwritable`; what was there before stays. */
export async function writeJson(path: string, value: unknown): Promise<void> {
  await writeWhole(path, `${JSON.stringify(value, null, 1)}\n`);
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

function damaged(path: string, cause: unknown): UserError {
  return new UserError(
    'checkpoint.unreadable',
    `${quoted(path)} is damaged or was written by something else.`,
    'Move it away and start again.',
    { cause },
  );
}

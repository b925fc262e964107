/**
 * The folder that results go to, looked at before any work is done. whole.ts and aligned.ts ask here.
 */
import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { UserError } from '../../domain/errors.ts';
import { quoted } from '../../domain/text.ts';

/** So that an unwritable folder is known before hours of work; nothing is made before the first result. */
export function checkFolder(out: string): void {
  if (statSync(out, { throwIfNoEntry: false })?.isFile() === true)
    throw new UserError('usage', `${quoted(out)} is a file.`, 'Give a folder with --out.');
  let folder = resolve(out);
  while (!existsSync(folder) && dirname(folder) !== folder) folder = dirname(folder);
  try {
    accessSync(folder, constants.W_OK);
  } catch (cause) {
    throw new UserError(
      'output.unwritable',
      `Nothing may be written to the folder ${quoted(folder)}.`,
      'Choose another with --out.',
      { cause },
    );
  }
}

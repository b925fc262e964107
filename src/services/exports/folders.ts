/**
 * The folder exports go to, and nothing outside it: every step on the way down is looked at, since a link may lead
 * anywhere. write.ts asks for folders, exports.service.ts for targets.
 */
import { lstat, mkdir, readdir, realpath, rm, stat } from 'node:fs/promises';
import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { isAbsolute, join, sep } from 'node:path';
import { UserError } from '../../domain/errors.ts';
import { quoted } from '../../domain/text.ts';

const TEMPORARY = /^\.albumen-[0-9a-f-]{36}\.tmp$/;

/** The real path of a folder that may be written to. Throws UserError `missing`, `usage` or `output.unwritable`. */
export async function realTarget(path: string): Promise<string> {
  if (!isAbsolute(path) || path.includes('\0'))
    throw new UserError('usage', `${quoted(path)} is not a whole path of a folder.`, 'Choose a folder.');
  let real: string;
  try {
    real = await realpath(path);
    if (!(await stat(real)).isDirectory())
      throw new UserError('usage', `${quoted(path)} is not a folder.`, 'Choose a folder.');
  } catch (cause) {
    if (cause instanceof UserError) throw cause;
    throw new UserError(
      'missing',
      `The folder ${quoted(path)} cannot be opened.`,
      'Check that it is there and that its drive is connected.',
      { cause },
    );
  }
  if (!(await isWritable(real)))
    throw new UserError(
      'output.unwritable',
      `The folder ${quoted(path)} may not be written to.`,
      'Choose another, or change who may write to it.',
    );
  return real;
}

export async function isWritable(folder: string): Promise<boolean> {
  return access(folder, constants.W_OK).then(
    () => true,
    () => false,
  );
}

/** Where a planned file goes: its folder is made, and lies below `target`. Throws UserError `output.unwritable`. */
export async function placeInside(target: string, path: string): Promise<string> {
  const parts = path.split('/');
  const bad = parts.some((part) => part === '' || part === '.' || part === '..' || /[\\\0]/.test(part));
  if (bad) throw leadsOut(path);
  let folder = target;
  for (const part of parts.slice(0, -1)) {
    folder = join(folder, part);
    const seen = await lstat(folder).catch(() => undefined);
    if (!seen) await mkdir(folder).catch(refuseUnlessThere);
    const real = await realpath(folder);
    if (!real.startsWith(target.endsWith(sep) ? target : `${target}${sep}`)) throw leadsOut(path);
    if (!(await stat(real)).isDirectory())
      throw new UserError(
        'output.unwritable',
        `${quoted(part)} is in the way: it is no folder.`,
        'Choose another target.',
      );
  }
  return join(folder, parts.at(-1) ?? '');
}

/** Removes temporary files that a killed process left in a folder; not in those below it. */
export async function sweepFolder(folder: string): Promise<void> {
  for (const name of await readdir(folder).catch(() => []))
    if (TEMPORARY.test(name)) await rm(join(folder, name), { force: true });
}

function refuseUnlessThere(error: unknown): void {
  if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return;
  throw new UserError(
    'output.unwritable',
    'A folder of the export could not be made.',
    'Check that the target may be written to and that the disk has room.',
    { cause: error },
  );
}

const leadsOut = (path: string): UserError =>
  new UserError(
    'output.unwritable',
    `${quoted(path)} would lead out of the target folder.`,
    'Choose another target.',
  );

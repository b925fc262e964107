/**
 * Dragging a version out of the window: a copy under a name people know, in a folder of its own that is emptied at the
 * next start. index.ts hands it to the system; the library's process says which file it is.
 */
import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { copyFile, mkdir, rm } from 'node:fs/promises';
import { extname, join } from 'node:path';
import * as v from 'valibot';
import { id } from '../domain/fields.ts';
import type { HostClient } from './broker.ts';

/** Characters that some system does not have in names. */
const UNUSABLE = /[<>:"/\\|?*\u0000-\u001f]/g;
const LONGEST = 120;
/** Names that Windows keeps for devices, with any ending. */
const DEVICES = /^(con|prn|aux|nul|com\d|lpt\d)$/i;

/** `Scan 0001.jpg` and `x.png` -> `Scan 0001 restored.png`. */
export function nameFor(title: string, file: string): string {
  const stem = title
    .replace(/\.\w{1,5}$/, '')
    .replace(UNUSABLE, '_')
    .replace(/^[. ]+|[. ]+$/g, '')
    .slice(0, LONGEST);
  const safe = stem === '' || DEVICES.test(stem) ? 'Photo' : stem;
  return `${safe} restored${extname(file)}`;
}

/** The copy to drag, below `folder`; undefined where `asked` is no version there is. */
export async function copyToDrag(
  asked: unknown,
  client: Pick<HostClient, 'renditions' | 'photos' | 'files'>,
  folder: string,
): Promise<string | undefined> {
  const parsed = v.safeParse(id, asked);
  if (!parsed.success) return undefined;
  const { photo } = await client.renditions.get({ rendition: parsed.output });
  const [{ title }, picture] = await Promise.all([
    client.photos.get({ photo }),
    client.files.picture({ kind: 'rendition', id: parsed.output, side: null }),
  ]);
  if (!picture) return undefined;
  const own = join(folder, randomUUID());
  await mkdir(own, { recursive: true });
  const copy = join(own, nameFor(title, picture.file));
  await copyFile(picture.file, copy, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
  return copy;
}

/** Takes away the copies of earlier runs. */
export const emptyDragged = (folder: string): Promise<void> => rm(folder, { recursive: true, force: true });

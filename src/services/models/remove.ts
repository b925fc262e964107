/**
 * Takes a model of the user's away again, with what is left of a download of it; bundled ones stay.
 * installed.ts lists what there is.
 */
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';
import { ModelId } from '../../domain/catalog.ts';
import { UserError } from '../../domain/errors.ts';
import { quoted } from '../../domain/text.ts';
import { workFolder } from './download.ts';
import { unwritable } from './files.ts';
import { modelsAtHand } from './installed.ts';
import type { ModelFolders } from './installed.ts';

/** Throws UserError `model.unknown` for what is not there, `usage` for a bundled model, `output.unwritable`. */
export async function removeModel(folders: ModelFolders, id: string): Promise<void> {
  const { models, broken } = modelsAtHand(folders);
  const found = [...models, ...broken].find((model) => model.id === id);
  if (found?.origin === 'bundled')
    throw new UserError('usage', `${quoted(id)} comes with Albumen and cannot be removed.`);
  const begun = v.is(ModelId, id) && existsSync(workFolder(folders, id));
  if (!found && !begun)
    throw new UserError(
      'model.unknown',
      `You have no model called ${quoted(id)}.`,
      'See: albumen models list',
    );
  // out of sight at once, then away: never a model of which half is there
  const folder = found ? join(folders.added, id) : workFolder(folders, id);
  const aside = join(folders.added, `.removed-${randomUUID()}`);
  try {
    await rename(folder, aside);
    await rm(aside, { recursive: true, force: true });
    if (found && begun) await rm(workFolder(folders, id), { recursive: true, force: true });
  } catch (cause) {
    throw unwritable(folder, cause);
  }
}

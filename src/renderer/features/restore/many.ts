/**
 * Restoring many photos at once with the usual choices: puts them into the queue and says so.
 * RestorePage.svelte is where one photo is restored with care.
 */
import type { Studio } from '../../app/studio.svelte.ts';
import { toasts } from '../../app/toasts.svelte.ts';
import { t } from '../../strings/index.ts';
import { DEFAULT_CHOICE } from './choice.ts';

/** Whether they are in the queue now. */
export async function restoreMany(studio: Studio, photos: readonly string[]): Promise<boolean> {
  try {
    const { jobs } = await studio.client.jobs.restore({ photos: [...photos], choice: DEFAULT_CHOICE });
    toasts.done(t('restore.queued', { n: jobs.length }), {
      label: t('common.cancel'),
      run: () => void studio.client.jobs.cancel({ jobs }).catch(toasts.failed),
    });
    return true;
  } catch (error) {
    toasts.failed(error);
    return false;
  }
}

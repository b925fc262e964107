/**
 * Downloads of models that go on while the person looks at other pages; each can be stopped and taken up again later.
 * Available.svelte shows them; services/models does the work.
 */
import { SvelteMap } from 'svelte/reactivity';
import type { Studio } from '../../app/studio.svelte.ts';
import { toasts } from '../../app/toasts.svelte.ts';
import { UserError } from '../../../domain/errors.ts';
import { t } from '../../strings/index.ts';

export interface Download {
  readonly done: number;
  /** Bytes in all, where anybody said. */
  readonly of: number | null;
  readonly bytesPerSecond: number | null;
}

class Downloads {
  readonly running = new SvelteMap<string, Download>();
  readonly #aborts = new Map<string, AbortController>();

  /** Downloads it, whole or as far as it gets; says how it ended. */
  async run(
    studio: Studio,
    { id, title }: { id: string; title: string },
    acceptLicence: boolean,
  ): Promise<void> {
    if (this.#aborts.has(id)) return;
    const abort = new AbortController();
    this.#aborts.set(id, abort);
    this.running.set(id, { done: 0, of: null, bytesPerSecond: null });
    try {
      const items = studio.client.models.download({ model: id, acceptLicence }, { signal: abort.signal });
      for await (const progress of items) this.running.set(id, progress);
      toasts.done(t('models.downloaded', { title }));
    } catch (error) {
      if (error instanceof UserError && error.code === 'cancelled')
        toasts.done(t('models.stopped', { title }));
      else toasts.failed(error);
    } finally {
      this.#aborts.delete(id);
      this.running.delete(id);
    }
  }

  stop(id: string): void {
    this.#aborts.get(id)?.abort();
  }
}

export const downloads = new Downloads();

/** Seconds until it is whole; undefined where nobody can tell. */
export function secondsLeft({ done, of, bytesPerSecond }: Download): number | undefined {
  if (of === null || bytesPerSecond === null || bytesPerSecond <= 0) return undefined;
  return Math.max(0, of - done) / bytesPerSecond;
}

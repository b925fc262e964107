/**
 * All jobs as the window knows them, kept up to date from one stream for the button, the drawer and the pages.
 * JobsDrawer.svelte lists them; notifications tell when long work ends and nobody looks.
 */
import type { Job } from '../../../domain/job.ts';
import type { Studio } from '../../app/studio.svelte.ts';
import { toasts } from '../../app/toasts.svelte.ts';
import { t } from '../../strings/index.ts';

/** As many as the drawer lists. */
const LISTED = 300;
/** A job that took longer than this is worth a notification when the window is not looked at. */
const LONG_MS = 60_000;

class Jobs {
  open = $state(false);
  list = $state.raw<readonly Job[]>([]);
  readonly live = $derived(
    this.list.filter(({ state }) => state === 'running' || state === 'queued' || state === 'paused'),
  );
  readonly running = $derived(this.list.find(({ state }) => state === 'running'));
  #notify = false;
  readonly troubled = $derived(
    this.list.filter(({ state }) => state === 'failed' || state === 'aside').length,
  );

  /** Follows the queue until the way out is taken; begins again where the connection was lost. */
  follow(studio: Studio): () => void {
    const left = new AbortController();
    const read = async (): Promise<void> => {
      try {
        const { jobs } = await studio.client.jobs.list({ limit: LISTED });
        this.list = jobs;
        for await (const job of studio.client.jobs.watch({}, { signal: left.signal })) this.#put(job);
      } catch (error) {
        if (!left.signal.aborted && studio.status === 'open') toasts.failed(error);
      }
    };
    const relist = async (): Promise<void> => {
      try {
        this.list = (await studio.client.jobs.list({ limit: LISTED })).jobs;
      } catch (error) {
        toasts.failed(error);
      }
    };
    const settings = async (): Promise<void> => {
      try {
        this.#notify = (await studio.client.settings.get({})).notifications;
      } catch (error) {
        toasts.failed(error);
      }
    };
    void read();
    void settings();
    const offSettings = studio.on('settings', () => void settings());
    const off = studio.on('jobs', (ids) => {
      if (ids === null) void relist();
    });
    return () => {
      left.abort();
      off();
      offSettings();
    };
  }

  #put(job: Job): void {
    const before = this.list.find(({ id }) => id === job.id);
    this.list = before
      ? this.list.map((old) => (old.id === job.id ? job : old))
      : [...this.list, job].slice(-LISTED);
    if (before && before.state !== job.state) this.#tell(job);
  }

  #tell(job: Job): void {
    if (job.state === 'failed' && job.error) toasts.failed(new Error(`${job.title}: ${job.error.message}`));
    const took = (job.ended ?? 0) - (job.started ?? 0);
    const hidden = document.visibilityState === 'hidden';
    if (
      !this.#notify ||
      !hidden ||
      took < LONG_MS ||
      !('Notification' in window) ||
      Notification.permission !== 'granted'
    )
      return;
    if (job.state === 'done') new Notification(t('jobs.ended', { title: job.title }));
  }
}

export const jobs = new Jobs();

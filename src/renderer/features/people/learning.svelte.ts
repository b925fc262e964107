/**
 * A finetune that is watched: its losses and its newest picture, from where it is now, until it ends or nobody looks.
 * Finetune.svelte shows one for the job of a person; curve.ts smooths the losses.
 */
import type { LossPoint } from '../../../domain/person.ts';
import type { Studio } from '../../app/studio.svelte.ts';
import { toasts } from '../../app/toasts.svelte.ts';

export class Learning {
  losses = $state.raw<readonly LossPoint[]>([]);
  preview = $state.raw<{ readonly url: string; readonly step: number }>();
  readonly #left = new AbortController();
  /** What has come since the last frame: a run that is joined late has thousands of points. */
  #waiting: LossPoint[] = [];
  #frame: number | undefined;

  constructor(studio: Studio, job: string) {
    const { signal } = this.#left;
    const { jobs } = studio.client;
    void this.#safely(async () => {
      for await (const points of jobs.losses({ job }, { signal })) this.#add(points);
    });
    void this.#safely(async () => {
      for await (const { job: of, image, mime, step } of jobs.previews({ job }, { signal })) {
        if (of !== job) continue;
        this.#drop();
        this.preview = {
          url: URL.createObjectURL(new Blob([new Uint8Array(image)], { type: mime })),
          step,
        };
      }
    });
  }

  close(): void {
    this.#left.abort();
    if (this.#frame !== undefined) cancelAnimationFrame(this.#frame);
    this.#drop();
  }

  #add(points: readonly LossPoint[]): void {
    this.#waiting.push(...points);
    this.#frame ??= requestAnimationFrame(() => {
      this.#frame = undefined;
      this.losses = [...this.losses, ...this.#waiting];
      this.#waiting = [];
    });
  }

  #drop(): void {
    if (this.preview) URL.revokeObjectURL(this.preview.url);
    this.preview = undefined;
  }

  #safely(work: () => Promise<unknown>): Promise<void> {
    return toasts.watching(work, this.#left.signal);
  }
}

/**
 * The scan of the library as the window sees it: begun here, joined where it runs already, stopped by hand.
 * LibraryPage.svelte shows it; services/photos does the work.
 */
import type { ScanProgress } from '../../../domain/library.ts';
import type { Studio } from '../../app/studio.svelte.ts';
import { toasts } from '../../app/toasts.svelte.ts';

export class Scanning {
  progress = $state.raw<ScanProgress>();
  /** The last scan that ended, until it is dismissed. */
  ended = $state.raw<ScanProgress>();
  readonly #studio: Studio;

  constructor(studio: Studio) {
    this.#studio = studio;
  }

  async run(): Promise<void> {
    this.ended = undefined;
    let last: ScanProgress | undefined;
    try {
      for await (const progress of this.#studio.client.library.scan({})) {
        last = progress;
        this.progress = progress;
      }
      this.ended = last;
    } catch (error) {
      toasts.failed(error);
    } finally {
      this.progress = undefined;
    }
  }

  async stop(): Promise<void> {
    try {
      await this.#studio.client.library.stopScan({});
    } catch (error) {
      toasts.failed(error);
    }
  }
}

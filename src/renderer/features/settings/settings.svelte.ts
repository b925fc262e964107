/**
 * What the settings page knows: the settings, the folders of the library, and what the program says of itself.
 * SettingsPage.svelte shows it; services/settings answers.
 */
import type { LibraryFolder } from '../../../domain/library.ts';
import type { Settings } from '../../../domain/settings.ts';
import type { StudioClient } from '../../../contract/studio.ts';
import type { Studio } from '../../app/studio.svelte.ts';
import { toasts } from '../../app/toasts.svelte.ts';
import { t } from '../../strings/index.ts';

export type About = Awaited<ReturnType<StudioClient['settings']['about']>>;

export class SettingsView {
  settings = $state.raw<Settings>();
  folders = $state.raw<readonly LibraryFolder[]>([]);
  about = $state.raw<About>();
  readonly #studio: Studio;

  constructor(studio: Studio) {
    this.#studio = studio;
  }

  async read(): Promise<void> {
    await this.#safely(async () => {
      const { client } = this.#studio;
      [this.settings, this.folders, this.about] = await Promise.all([
        client.settings.get({}),
        client.library.folders({}),
        client.settings.about({}),
      ]);
    });
  }

  /** Reads again when something changes; returns the way out. */
  follow(): () => void {
    void this.read();
    const ways = (['settings', 'library'] as const).map((topic) =>
      this.#studio.on(topic, () => void this.read()),
    );
    return () => {
      for (const way of ways) way();
    };
  }

  /** Keeps a change; shows at once, and goes back where it could not be kept. */
  async set(change: Partial<Settings>): Promise<void> {
    const { settings: before } = this;
    if (!before) return;
    this.settings = { ...before, ...change };
    try {
      this.settings = await this.#studio.client.settings.set(change);
    } catch (error) {
      this.settings = before;
      toasts.failed(error);
    }
  }

  async removeFolder({ id, title }: LibraryFolder): Promise<void> {
    await this.#safely(async () => {
      await this.#studio.client.library.removeFolder({ folder: id });
      toasts.done(t('settings.folderRemoved', { title }));
    });
    await this.read();
  }

  async emptyCache(): Promise<void> {
    await this.#safely(async () => {
      await this.#studio.client.settings.emptyCache({});
      toasts.done(t('settings.cacheEmptied'));
    });
    await this.read();
  }

  async #safely(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      toasts.failed(error);
    }
  }
}

/** Sizes the cache may have, in bytes, with the present one among them. */
export function cacheSizes(present: number): number[] {
  const sizes = [200e6, 500e6, 1e9, 2e9, 5e9, 10e9, 20e9, 50e9, 100e9];
  return [...new Set([...sizes, present])].sort((a, b) => a - b);
}

/** 1, 2, 3, ... as many as there are cores, and the present number where it is another. */
export function threadCounts(cores: number, present: number | null): number[] {
  const counts = Array.from({ length: cores }, (_, i) => i + 1);
  return present === null || present <= cores ? counts : [...counts, present];
}

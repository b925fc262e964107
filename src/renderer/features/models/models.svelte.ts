/**
 * What the models page knows: installed and available models, the prior in use, and where models run.
 * ModelsPage.svelte shows it; downloads.svelte.ts has what is on its way.
 */
import { MODEL_KINDS } from '../../../domain/catalog.ts';
import type { ModelKind } from '../../../domain/catalog.ts';
import type { StudioClient } from '../../../contract/studio.ts';
import type { Studio } from '../../app/studio.svelte.ts';
import { toasts } from '../../app/toasts.svelte.ts';
import { t } from '../../strings/index.ts';

type Listed = Awaited<ReturnType<StudioClient['models']['list']>>;
export type Installed = Listed['installed'][number];
export type Available = Listed['available'][number];
export type Device = NonNullable<Awaited<ReturnType<StudioClient['settings']['about']>>['device']>;

export class ModelsView {
  installed = $state.raw<readonly Installed[]>();
  available = $state.raw<readonly Available[]>([]);
  /** The prior that restores. */
  used = $state('');
  /** null: no model has run yet; undefined: not asked yet. */
  device = $state.raw<Device | null>();
  readonly groups = $derived(
    MODEL_KINDS.map((kind) => ({
      kind,
      models: (this.installed ?? []).filter((model) => model.kind === kind),
    })),
  );
  readonly #studio: Studio;

  constructor(studio: Studio) {
    this.#studio = studio;
  }

  async read(): Promise<void> {
    try {
      const [{ installed, available }, { model }, { device }] = await Promise.all([
        this.#studio.client.models.list({}),
        this.#studio.client.settings.get({}),
        this.#studio.client.settings.about({}),
      ]);
      this.installed = installed;
      this.available = available;
      this.used = model;
      this.device = device;
    } catch (error) {
      toasts.failed(error);
    }
  }

  /** Reads again when something changes; returns the way out. */
  follow(): () => void {
    void this.read();
    const ways = (['models', 'settings'] as const).map((topic) =>
      this.#studio.on(topic, () => void this.read()),
    );
    return () => {
      for (const way of ways) way();
    };
  }

  async use({ id, title }: Installed): Promise<void> {
    const before = this.used;
    try {
      this.used = (await this.#studio.client.settings.set({ model: id })).model;
      const back = (): void =>
        void this.#studio.client.settings
          .set({ model: before })
          .catch((error: unknown) => toasts.failed(error));
      toasts.done(t('models.nowUsed', { title }), { label: t('common.undo'), run: back });
    } catch (error) {
      toasts.failed(error);
    }
  }

  async remove({ id, title }: Installed): Promise<void> {
    try {
      await this.#studio.client.models.remove({ model: id });
      toasts.done(t('models.removed', { title }));
      await this.read();
    } catch (error) {
      toasts.failed(error);
    }
  }
}

/** What a file is most likely to be, by its ending. */
export function kindOf(file: string): ModelKind {
  return /\.onnx$/i.test(file) ? 'face-detector' : 'prior';
}

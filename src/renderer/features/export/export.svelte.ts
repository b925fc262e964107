/**
 * What the export dialog knows: presets, folders, the form as it stands, and what it would write, asked anew as it changes.
 * ExportDialog.svelte shows it; services/exports answers.
 */
import type { ExportForm, ExportPreset, ExportPreview, ExportRequest } from '../../../domain/exporting.ts';
import type { StudioClient } from '../../../contract/studio.ts';
import { UserError } from '../../../domain/errors.ts';
import type { Studio } from '../../app/studio.svelte.ts';
import { toasts } from '../../app/toasts.svelte.ts';
import { t } from '../../strings/index.ts';

type Target = Awaited<ReturnType<StudioClient['exports']['targets']>>[number];

/** Milliseconds of quiet before names and sizes are asked for. */
const QUIET_MS = 200;

const FORM: ExportForm = {
  format: 'same',
  quality: 92,
  depth: 8,
  longest: null,
  nameTemplate: '{name}',
  keepTree: false,
  collisions: 'number',
};

export class ExportView {
  presets = $state.raw<readonly ExportPreset[]>([]);
  targets = $state.raw<readonly Target[]>([]);
  /** Titles of the added priors: their licences may bind what was restored with them. */
  bound = $state.raw<readonly string[]>([]);
  form = $state.raw<ExportForm>(FORM);
  what = $state<ExportRequest['what']>('chosen');
  target = $state<string>();
  preview = $state.raw<ExportPreview>();
  /** Why there is no preview. */
  problem = $state.raw<string>();
  readonly preset = $derived(this.presets.find(({ form }) => sameForm(form, this.form)));
  readonly ready = $derived(this.target !== undefined && this.form.nameTemplate.trim() !== '');
  readonly #studio: Studio;
  readonly #photos: string[];

  constructor(studio: Studio, photos: readonly string[]) {
    this.#studio = studio;
    this.#photos = [...photos];
  }

  async read(): Promise<void> {
    try {
      const { client } = this.#studio;
      const [presets, targets, { installed }] = await Promise.all([
        client.exports.presets({}),
        client.exports.targets({}),
        client.models.list({}),
      ]);
      this.presets = presets;
      this.targets = targets;
      this.target ??= targets.find(({ writable }) => writable)?.id;
      this.bound = installed
        .filter(({ kind, origin, problem }) => kind === 'prior' && origin === 'added' && problem === null)
        .map(({ title }) => title);
      const [first] = presets;
      if (first) this.form = first.form;
    } catch (error) {
      toasts.failed(error);
    }
  }

  set(change: Partial<ExportForm>): void {
    this.form = { ...this.form, ...change };
  }

  take(preset: string): void {
    const { form } = this.presets.find(({ id }) => id === preset) ?? {};
    if (form) this.form = form;
  }

  /** Asks for the preview after a moment of quiet; returns the way out. To be called again when anything changes. */
  ask(): () => void {
    const request = this.#request();
    const abort = new AbortController();
    if (!request) {
      this.preview = undefined;
      this.problem = undefined;
      return () => undefined;
    }
    const waiting = setTimeout(() => void this.#askNow(request, abort.signal), QUIET_MS);
    return () => {
      clearTimeout(waiting);
      abort.abort();
    };
  }

  async addTarget(place: string): Promise<void> {
    try {
      const { id } = await this.#studio.client.host.addTarget({ place });
      this.targets = await this.#studio.client.exports.targets({});
      this.target = id;
    } catch (error) {
      toasts.failed(error);
    }
  }

  async savePreset(name: string): Promise<void> {
    try {
      await this.#studio.client.exports.savePreset({ name, form: this.form });
      this.presets = await this.#studio.client.exports.presets({});
      toasts.done(t('export.presetSaved', { name }));
    } catch (error) {
      toasts.failed(error);
    }
  }

  async deletePreset({ id, name }: ExportPreset): Promise<void> {
    try {
      await this.#studio.client.exports.deletePreset({ preset: id });
      this.presets = await this.#studio.client.exports.presets({});
      toasts.done(t('export.presetDeleted', { name }));
    } catch (error) {
      toasts.failed(error);
    }
  }

  /** The job that writes them; undefined where it could not be started, which has been said. */
  async start(): Promise<string | undefined> {
    const request = this.#request();
    if (!request) return undefined;
    try {
      return (await this.#studio.client.exports.start(request)).job;
    } catch (error) {
      toasts.failed(error);
      return undefined;
    }
  }

  #request(): ExportRequest | undefined {
    if (this.target === undefined || !this.ready) return undefined;
    return { photos: this.#photos, what: this.what, form: this.form, target: this.target };
  }

  async #askNow(request: ExportRequest, signal: AbortSignal): Promise<void> {
    try {
      const preview = await this.#studio.client.exports.preview(request, { signal });
      if (signal.aborted) return;
      this.preview = preview;
      this.problem = undefined;
    } catch (error) {
      if (signal.aborted) return;
      this.preview = undefined;
      const advice = error instanceof UserError ? error.advice : undefined;
      this.problem = [error instanceof Error ? error.message : String(error), advice ?? ''].join(' ').trim();
    }
  }
}

export function sameForm(one: ExportForm, other: ExportForm): boolean {
  const keys = Object.keys(one) as (keyof ExportForm)[];
  return keys.every((key) => one[key] === other[key]);
}

/** Which choices a format has: quality, bits a channel. */
export function choicesOf(format: ExportForm['format']): { quality: boolean; depth: boolean } {
  return { quality: format !== 'png' && format !== 'tiff', depth: ['same', 'png', 'tiff'].includes(format) };
}

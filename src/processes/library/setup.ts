/**
 * Where and with which models the engine is to work, as the settings and the folders of models say now. The workers put
 * it into every order.
 */
import { existsSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Setup } from '../../contract/engine.ts';
import { UserError } from '../../domain/errors.ts';
import type { Settings } from '../../domain/settings.ts';
import { quoted } from '../../domain/text.ts';
import { sha256Of } from '../../services/models/files.ts';
import { installedModels } from '../../services/models/installed.ts';
import type { InstalledModel, ModelFolders } from '../../services/models/installed.ts';

export class Setups {
  readonly #folders: ModelFolders;
  readonly #settings: () => Settings;
  /** Hashes of weights by path, size and time. */
  readonly #hashes = new Map<string, Promise<string>>();

  constructor(folders: ModelFolders, settings: () => Settings) {
    this.#folders = folders;
    this.#settings = settings;
  }

  get model(): string {
    return this.#settings().model;
  }

  /** Throws UserError `model.unknown` or `missing` where a model that is needed is not there. */
  async current(): Promise<Setup> {
    const { device, threads, model: id } = this.#settings();
    const models = installedModels(this.#folders);
    const model = models.find((one) => one.id === id && one.kind === 'prior');
    if (!model)
      throw new UserError(
        'model.unknown',
        `The prior ${quoted(id)} is not installed.`,
        'Choose another in the settings, or install it under Models.',
      );
    const recogniser = models.find(({ kind }) => kind === 'face-recogniser');
    return {
      ...{ device, threads },
      model: { id, path: model.path, config: model.configPath, sha256: await this.#hashOf(model.path) },
      detector: this.#detector(models),
      recogniser: recogniser ? { path: recogniser.path, name: recogniser.id } : null,
    };
  }

  #detector(models: readonly InstalledModel[]): string | null {
    if (existsSync(join(this.#folders.bundled, 'face-detector', 'detector.safetensors'))) return null;
    const own = models.find(({ kind, origin }) => kind === 'face-detector' && origin === 'added');
    if (own) return own.path;
    throw new UserError(
      'model.unknown',
      'There is no face detector to find faces with.',
      'Install one under Models, or place the faces by hand.',
    );
  }

  async #hashOf(path: string): Promise<string> {
    const { size, mtimeMs } = await stat(path);
    const key = `${path} ${size} ${mtimeMs}`;
    const known = this.#hashes.get(key) ?? sha256Of(path);
    this.#hashes.set(key, known);
    return known;
  }
}

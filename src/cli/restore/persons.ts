/**
 * The people of a restoration: their adapters by hash, and their albums as a recogniser sees them. ../personal.ts finds or
 * makes an adapter; restoration/networks.ts asks for its file.
 */
import { existsSync, readdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { UserError, invariant } from '../../domain/errors.ts';
import type { PersonChoice } from '../../domain/recipe.ts';
import { fileHash, openFinetuned } from '../../engine/adapter-file.ts';
import type { FaceDetector } from '../../faces/face.ts';
import type { Recogniser } from '../../faces/recogniser.ts';
import { readAlignedCrop } from '../../imaging/read.ts';
import { embedAlbum } from '../../restoration/album.ts';
import { albumPhotos } from '../finetuning.ts';
import { peopleFolder } from '../people.ts';
import { albumFile, albumsFolder, generativeFile } from '../personal.ts';
import type { FinetunedFile, PersonalWork } from '../personal.ts';

/** Who looks at the albums; without a recogniser nobody does. */
export interface Judges {
  readonly recogniser?: Recogniser;
  readonly detector?: FaceDetector;
}

export class Persons {
  readonly #work: PersonalWork;
  readonly #files = new Map<string, FinetunedFile>();
  readonly #chosen = new Map<string, PersonChoice>();
  readonly #embeddings = new Map<string, Promise<Float32Array | undefined>>();

  constructor(work: PersonalWork) {
    this.#work = work;
  }

  /** Of a name or folder (`--album`). Throws what is wrong with it, so that no photo is begun. */
  async named(album: string): Promise<PersonChoice> {
    const known = this.#chosen.get(album);
    if (known) return known;
    const choice = await this.#add(await albumFile(this.#work, album));
    this.#chosen.set(album, choice);
    return choice;
  }

  /** Of an album generated from one face, [3,S,S]. */
  async generated(crop: Float32Array): Promise<PersonChoice> {
    return this.#add(await generativeFile(this.#work, crop));
  }

  async #add(file: FinetunedFile): Promise<PersonChoice> {
    const { prior, base, host } = this.#work;
    openFinetuned(file.path, prior, base)[Symbol.dispose]();
    const adapter = await fileHash(file.path, host.signal);
    this.#files.set(adapter, file);
    return { kind: file.kind, name: file.name.slice(0, 255), adapter };
  }

  /** Looks for the adapters of a recipe among those of the data folder. Throws UserError `recipe.mismatch`. */
  async find(wanted: readonly PersonChoice[]): Promise<void> {
    const missing = new Map(wanted.map((choice) => [choice.adapter, choice]));
    for (const { path, known } of this.#candidates()) {
      if (missing.size === 0) return;
      const hash = await fileHash(path, this.#work.host.signal);
      const choice = missing.get(hash);
      if (!choice) continue;
      this.#files.set(hash, { kind: choice.kind, name: known ?? choice.name, path });
      missing.delete(hash);
    }
    for (const { name, kind, adapter } of missing.values())
      throw new UserError(
        'recipe.mismatch',
        `The finetune of ${name} that the recipe names (SHA-256 ${adapter.slice(0, 12)}) is not here.`,
        kind === 'person'
          ? `It may have been made again since: restore anew with --album ${name}.`
          : 'Restore anew with the options it was made with.',
      );
  }

  *#candidates(): Generator<{ path: string; known: string | undefined }> {
    const { env } = this.#work.host;
    for (const parent of [peopleFolder(env), albumsFolder(env)]) {
      if (!existsSync(parent)) continue;
      for (const name of readdirSync(parent).sort())
        for (const file of ['adapter.safetensors', 'weights.safetensors']) {
          const path = join(parent, name, file);
          if (existsSync(path)) yield { path, known: parent === peopleFolder(env) ? name : undefined };
        }
    }
  }

  fileOf(adapter: string): string {
    const file = this.#files.get(adapter);
    invariant(file, 'an adapter that was looked for');
    return file.path;
  }

  /** The person's album; undefined where its photos are not kept, and for invented ones. */
  embedding(adapter: string, judges: Judges): Promise<Float32Array | undefined> {
    const known = this.#embeddings.get(adapter) ?? this.#embed(adapter, judges);
    this.#embeddings.set(adapter, known);
    return known;
  }

  async #embed(adapter: string, { recogniser, detector }: Judges): Promise<Float32Array | undefined> {
    const file = this.#files.get(adapter);
    if (!file || !recogniser || file.kind === 'generative') return undefined;
    const images: Float32Array[] = [];
    for (const path of albumPhotos(dirname(file.path))) {
      try {
        images.push((await readAlignedCrop(path, this.#work.prior.config.imageSize)).data);
      } catch (error) {
        if (!(error instanceof UserError)) throw error;
        this.#work.host.ui.problem(error, `Left out of the evidence, ${basename(path)}: `);
      }
    }
    return images.length > 0 ? embedAlbum(images, recogniser, detector) : undefined;
  }
}

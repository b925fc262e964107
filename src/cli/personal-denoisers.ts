/**
 * The network that each photo of a `restore` goes through: one for all of them, or, with a generative album, one a photo.
 * personal.ts finds or makes the prior; engine/prior.ts compiles it.
 */
import type { Denoiser } from '../engine/diffusion/denoiser.ts';
import { compileDenoiser, forwardGraph } from '../engine/prior.ts';
import type { Prior } from '../engine/prior.ts';
import { albumPrior, generativePrior } from './personal.ts';
import type { PersonalWork } from './personal.ts';

export interface Denoisers extends AsyncDisposable {
  /** For a photo [3,S,S]; the one before may not be used any more. */
  of(photo: Float32Array): Promise<Denoiser>;
}

/** Throws what is wrong with the person or the album, so that no photo is begun. `candidates` is the batch. */
export async function openDenoisers(work: PersonalWork, candidates: number): Promise<Denoisers> {
  const { prior, runtime, options } = work;
  if (options.generativeAlbum) return new OnePerPhoto(work, candidates);
  const own = options.album === undefined ? prior : await albumPrior(work, options.album);
  const denoiser = await compileDenoiser(own, runtime, candidates);
  return {
    of: () => Promise.resolve(denoiser),
    async [Symbol.asyncDispose]() {
      if (own !== prior) await close(work, own, candidates);
    },
  };
}

class OnePerPhoto implements Denoisers {
  readonly #work: PersonalWork;
  readonly #candidates: number;
  #own: Prior | undefined;

  constructor(work: PersonalWork, candidates: number) {
    this.#work = work;
    this.#candidates = candidates;
  }

  async of(photo: Float32Array): Promise<Denoiser> {
    await this[Symbol.asyncDispose]();
    this.#own = await generativePrior(this.#work, photo);
    return compileDenoiser(this.#own, this.#work.runtime, this.#candidates);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#own) await close(this.#work, this.#own, this.#candidates);
    this.#own = undefined;
  }
}

/** Ends the session that compileDenoiser opened (the runtime gives the same one again) and closes the prior's file. */
async function close({ runtime }: PersonalWork, own: Prior, candidates: number): Promise<void> {
  const network = await runtime.compile(forwardGraph(own.config, candidates), own.weights);
  await network.release();
  own[Symbol.dispose]();
}

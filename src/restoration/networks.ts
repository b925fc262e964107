/**
 * The compiled networks of a restoration: the recipe's model as it is, or with the adapter of a person, for any batch.
 * faces.ts runs them; engine/prior.ts compiles.
 */
import type { Base } from '../engine/adapter-file.ts';
import { openFinetuned } from '../engine/adapter-file.ts';
import type { Denoiser } from '../engine/diffusion/denoiser.ts';
import { compileDenoiser, forwardGraph } from '../engine/prior.ts';
import type { Prior } from '../engine/prior.ts';
import type { Runtime } from '../engine/runtime/session.ts';

export interface Networks {
  /** S: faces are S x S pixels. */
  readonly size: number;
  /** Noise steps of the model. */
  readonly T: number;
  /** For a batch of `batch`, finetuned as the file with this SHA-256 says; one of another adapter is of no more use. */
  of(adapter: string | undefined, batch: number): Promise<Denoiser>;
}

export interface NetworkSource {
  readonly prior: Prior;
  readonly base: Base;
  readonly runtime: Runtime;
  /** Where the adapter with this hash is. Throws UserError where it is not. */
  readonly adapterFile: (sha256: string) => string;
}

/** By the batch they are compiled for: writing the graph down, only to learn that it is known, takes a quarter second. */
type Compiled = Map<number, Promise<Denoiser>>;

/** The adapter in use. */
interface Adapted {
  readonly sha256: string;
  readonly prior: Prior;
  readonly compiled: Compiled;
}

/** Dispose of it before the prior and the runtime. */
export class OpenNetworks implements Networks, AsyncDisposable {
  readonly size: number;
  readonly T: number;
  readonly #source: NetworkSource;
  readonly #plain: Compiled = new Map();
  #adapted: Adapted | undefined;

  constructor(source: NetworkSource) {
    this.#source = source;
    this.size = source.prior.config.imageSize;
    this.T = source.prior.schedule.T;
  }

  async of(adapter: string | undefined, batch: number): Promise<Denoiser> {
    const { prior, base, adapterFile } = this.#source;
    if (adapter === undefined) return this.#compiled(this.#plain, prior, batch);
    if (this.#adapted?.sha256 !== adapter) {
      await this[Symbol.asyncDispose]();
      const own = openFinetuned(adapterFile(adapter), prior, base);
      this.#adapted = { sha256: adapter, prior: own, compiled: new Map() };
    }
    const { prior: own, compiled } = this.#adapted;
    return this.#compiled(compiled, own, batch);
  }

  #compiled(known: Compiled, prior: Prior, batch: number): Promise<Denoiser> {
    const denoiser = known.get(batch) ?? compileDenoiser(prior, this.#source.runtime, batch);
    known.set(batch, denoiser);
    // what failed once is tried again
    denoiser.catch(() => known.delete(batch));
    return denoiser;
  }

  /** Ends the sessions of the adapter in use (the runtime gives the same ones again) and closes its file. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#adapted) return;
    const { prior, compiled } = this.#adapted;
    this.#adapted = undefined;
    for (const batch of compiled.keys()) {
      const network = await this.#source.runtime.compile(forwardGraph(prior.config, batch), prior.weights);
      await network.release();
    }
    prior[Symbol.dispose]();
  }
}

/** How many images one batch sensibly holds: small networks gain from several, large ones only take memory. */
export function batchFor({ config }: Prior): number {
  if (config.imageSize <= 128) return 8;
  return 1;
}

/**
 * What the engine has open: a device, a prior with its networks, a detector, a recogniser; opened when they are first
 * needed, kept for the next order, and closed when an order wants others. restoring.ts and learning.ts work in it.
 */
import type { Report, Setup } from '../../contract/engine.ts';
import type { Base } from '../../engine/adapter-file.ts';
import { fileHash } from '../../engine/adapter-file.ts';
import { openPrior } from '../../engine/prior.ts';
import type { Prior } from '../../engine/prior.ts';
import { chooseRuntime } from '../../engine/runtime/providers.ts';
import type { ChosenRuntime } from '../../engine/runtime/providers.ts';
import type { Runtime } from '../../engine/runtime/session.ts';
import { UserError, invariant } from '../../domain/errors.ts';
import { openDetector } from '../../restoration/detectors.ts';
import type { OpenDetector } from '../../restoration/detectors.ts';
import { OpenNetworks } from '../../restoration/networks.ts';
import { openRecogniser } from '../../restoration/open-recogniser.ts';
import type { OpenRecogniser } from '../../restoration/open-recogniser.ts';

/** Opened once, by what it was opened for; closed when it is wanted for something else. */
class Kept<T> {
  #kept: { readonly key: string; readonly value: Promise<T> } | undefined;
  readonly #close: (value: T) => Promise<void>;

  constructor(close: (value: T) => Promise<void>) {
    this.#close = close;
  }

  async get(key: string, open: () => Promise<T>): Promise<T> {
    if (this.#kept?.key !== key) {
      await this.close();
      this.#kept = { key, value: open() };
    }
    try {
      return await this.#kept.value;
    } catch (error) {
      this.#kept = undefined;
      throw error;
    }
  }

  async close(): Promise<void> {
    const kept = this.#kept;
    this.#kept = undefined;
    if (kept) await this.#close(await kept.value);
  }
}

export interface OpenModel {
  readonly prior: Prior;
  readonly base: Base;
  readonly networks: OpenNetworks;
}

type Device = Pick<Setup, 'device' | 'threads'>;

export class Workshop implements AsyncDisposable {
  readonly #device = new Kept<ChosenRuntime>(({ runtime }) => runtime.release());
  readonly #model = new Kept<OpenModel>(async ({ networks, prior }) => {
    await networks[Symbol.asyncDispose]();
    prior[Symbol.dispose]();
  });
  readonly #detector = new Kept<OpenDetector>((detector) => detector.release());
  readonly #recogniser = new Kept<OpenRecogniser>((recogniser) => recogniser.release());
  /** Finetuned priors of the order at work, by hash. */
  #adapters: ReadonlyMap<string, string> = new Map();

  async runtime({ device, threads }: Device): Promise<Runtime> {
    return (await this.#chosen({ device, threads })).runtime;
  }

  async report(device: Device): Promise<Report> {
    const { chosen, threads, trials } = (await this.#chosen(device)).report;
    return {
      chosen,
      threads,
      trials: trials.map((trial) => ({ ...trial, reason: trial.reason.slice(0, 1000) })),
    };
  }

  /** `adapters`: files by hash. Throws UserError where the model is not what the order says, or cannot be opened. */
  async model(setup: Setup, adapters: ReadonlyMap<string, string> = new Map()): Promise<OpenModel> {
    this.#adapters = adapters;
    const { path, config, sha256, id } = setup.model;
    const { chosen } = await this.report(setup);
    const runtime = await this.runtime(setup);
    return this.#model.get(JSON.stringify([chosen, setup.device, setup.threads, setup.model]), async () => {
      const found = await fileHash(path);
      if (found !== sha256)
        throw new UserError('checkpoint.mismatch', `The model ${id} has changed on the disk.`, 'Try again.');
      const prior = openPrior(path, config ?? undefined);
      const base = { id, sha256 };
      const networks = new OpenNetworks({
        ...{ prior, base, runtime },
        adapterFile: (hash) => {
          const file = this.#adapters.get(hash);
          invariant(file, 'the file of an adapter in the order');
          return file;
        },
      });
      return { prior, base, networks };
    });
  }

  async detector(setup: Setup): Promise<OpenDetector> {
    const runtime = await this.runtime(setup);
    const choice = setup.detector === null ? 'bundled' : { yunet: setup.detector };
    return this.#detector.get(JSON.stringify([setup.device, setup.threads, choice]), () =>
      openDetector(choice, runtime),
    );
  }

  async recogniser({ recogniser }: Setup): Promise<OpenRecogniser | undefined> {
    if (recogniser === null) return undefined;
    return this.#recogniser.get(recogniser.path, () => openRecogniser(recogniser.path, recogniser.name));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#closeModels();
    await this.#device.close();
  }

  async #chosen({ device, threads }: Device): Promise<ChosenRuntime> {
    const key = JSON.stringify([device, threads]);
    if (this.#key !== key) await this.#closeModels();
    this.#key = key;
    return this.#device.get(key, () => chooseRuntime(device, threads === null ? {} : { threads }));
  }

  #key: string | undefined;

  /** Before the runtime they were compiled for. */
  async #closeModels(): Promise<void> {
    await this.#model.close();
    await this.#detector.close();
    await this.#recogniser.close();
  }
}

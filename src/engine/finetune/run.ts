/**
 * One run of a finetune as it stands: its curves, its best weights, and the checkpoint it goes on from after a crash.
 * finetune.ts moves it on step by step; train/state-file.ts is the file.
 */
import { openState, removeLeftovers, writeState } from '../train/state-file.ts';
import type { BestState, HeldOutLoss, RunIdentity, RunProgress } from '../train/state-file.ts';
import type { Trainer } from '../train/trainer.ts';
import type { Pace } from './eta.ts';
import { bestOf } from './held-out.ts';

/** The pieces of work whose time is measured. */
export type Work = 'step' | 'held-out' | 'checkpoint' | 'preview';

/** Measured seconds after which a run is saved, however few steps that were. */
const SECONDS_BETWEEN = 60;
/** ... but writing for that reason takes at most 1 of so many seconds. */
const SAVING_SHARE = 20;

/** So many steps lie between checkpoints at most: 1 % of the run. */
export function stepsBetweenSaves(steps: number): number {
  return Math.max(1, Math.floor(steps / 100));
}

export class Run implements RunProgress {
  readonly losses: number[] = [];
  readonly heldOut: HeldOutLoss[] = [];
  ended: RunProgress['ended'] = null;
  best: BestState | undefined;
  readonly #trainer: Trainer;
  readonly #file: string;
  readonly #identity: RunIdentity;
  readonly #pace: Pace<Work>;
  #savedStep = -1;
  #savedAt: number;

  /** Goes on from the file where it is there: the trainer then holds its state. Throws as `openState` and `load` do. */
  constructor(trainer: Trainer, file: string, identity: RunIdentity, pace: Pace<Work>) {
    this.#trainer = trainer;
    this.#file = file;
    this.#identity = identity;
    this.#pace = pace;
    this.#savedAt = pace.clock();
    using saved = openState(file, identity);
    removeLeftovers(file);
    if (!saved) return;
    trainer.load(saved.state);
    this.losses.push(...saved.losses);
    this.heldOut.push(...saved.heldOut);
    this.ended = saved.ended;
    this.best = saved.best;
    this.#savedStep = this.step;
  }

  /** Steps done. */
  get step(): number {
    return this.losses.length;
  }

  /** Notes a held-out loss of the weights as they are, and keeps a copy of them where they are the best so far. */
  async judged(loss: number): Promise<void> {
    const point = { step: this.step, loss };
    this.heldOut.push(point);
    if (bestOf(this.heldOut) !== point) return;
    const { tensors } = await this.#trainer.state();
    this.best = {
      ...point,
      tensors: tensors.map(({ name, shape, value }) => ({ name, shape, value: value.slice() })),
    };
  }

  /** Whether it is time: 1 % of the steps, or a minute, went by since the last checkpoint, or the run has ended. */
  saveDue(steps: number): boolean {
    if (this.ended !== null) return true;
    if (this.step - this.#savedStep >= stepsBetweenSaves(steps)) return true;
    const wait = Math.max(SECONDS_BETWEEN, SAVING_SHARE * (this.#pace.median('checkpoint') ?? 0));
    return this.#pace.clock() - this.#savedAt >= wait;
  }

  /** Writes the checkpoint, unless the file is of this step already; says whether it did. */
  async save(): Promise<boolean> {
    if (this.#savedStep === this.step) return false;
    await this.#pace.time('checkpoint', async () => {
      writeState(this.#file, this.#identity, this, await this.#trainer.state());
    });
    this.#savedStep = this.step;
    this.#savedAt = this.#pace.clock();
    return true;
  }

  /** Puts the best weights, where some were judged best, into the trainer, to be used and not to be trained on. */
  async takeBest(): Promise<void> {
    if (!this.best) return;
    const { step, tensors } = this.best;
    const values = new Map(tensors.map(({ name, value }) => [name, value]));
    const { tensors: now } = await this.#trainer.state();
    this.#trainer.load({
      steps: step,
      tensors: now.map((tensor) => ({ ...tensor, value: values.get(tensor.name) ?? tensor.value })),
    });
  }
}

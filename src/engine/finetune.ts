/**
 * Finetuning: constrains a prior to the person of an album (Ding et al. 2024, section 3.2), by a recipe, step by step,
 * and so that a run that is stopped or killed goes on to the same numbers. finetune/recipes.ts has the recipes,
 * finetune/run.ts what is kept between steps, train/step.ts the step.
 */
import { UserError } from '../domain/errors.ts';
import { batchesOf } from './finetune/batches.ts';
import { Pace } from './finetune/eta.ts';
import { heldOutBatches, meanLoss, splitAlbum, stopsEarly } from './finetune/held-out.ts';
import { learningRateAt } from './finetune/recipes.ts';
import { checkRequest, identityOf } from './finetune/request.ts';
import type { FinetuneRequest } from './finetune/request.ts';
import { Run, stepsBetweenSaves } from './finetune/run.ts';
import type { Work } from './finetune/run.ts';
import { Turns } from './finetune/turns.ts';
import type { HeldOutLoss } from './train/state-file.ts';
import type { Trainer } from './train/trainer.ts';

export type { FinetuneRequest } from './finetune/request.ts';

/** What a run says as it goes. Steps count from 1 to `of`; `eta` is in seconds, as if no early stop came. */
export type FinetuneEvent =
  | {
      readonly kind: 'start';
      /** Steps done before: above 0 when resumed. */
      readonly step: number;
      readonly of: number;
      readonly trainingPhotos: number;
      readonly heldOutPhotos: number;
      /** Undefined where no step was ever measured. */
      readonly eta: number | undefined;
    }
  | {
      readonly kind: 'step';
      readonly step: number;
      readonly of: number;
      readonly loss: number;
      /** What the step took. */
      readonly seconds: number;
      readonly eta: number;
    }
  | { readonly kind: 'held-out'; readonly step: number; readonly loss: number }
  | { readonly kind: 'preview'; readonly step: number; readonly image: Float32Array }
  | { readonly kind: 'checkpoint'; readonly step: number };

export interface FinetuneResult {
  /** Done, all runs of the process together. */
  readonly steps: number;
  readonly stoppedEarly: boolean;
  /** Whose weights the trainer holds now; undefined where nothing was held out, and it holds the last step's. */
  readonly best: HeldOutLoss | undefined;
  /** The loss of each step, and of the held-out photos. */
  readonly losses: readonly number[];
  readonly heldOut: readonly HeldOutLoss[];
}

/**
 * Runs a recipe with a fresh trainer, or goes on from `checkpointFile`; afterwards the trainer holds the result.
 * Throws UserError:
 * - `album.unsuitable`, `photo.unsuitable`, `usage` for a request that cannot be met, before anything is done;
 * - `checkpoint.unreadable`, `checkpoint.mismatch` for a checkpoint that is not this run's (it is not touched);
 * - `output.unwritable` where a checkpoint cannot be written (the one before stays);
 * - `training.failed` where a loss is not a number: the checkpoint is of the last state whose losses were;
 * - `cancelled` on the signal, between steps, after a checkpoint.
 */
export async function* finetune(
  trainer: Trainer,
  request: FinetuneRequest,
): AsyncGenerator<FinetuneEvent, FinetuneResult> {
  checkRequest(request);
  const { recipe, seed, images, T, signal, preview } = request;
  const { steps } = recipe;
  const pace = new Pace<Work>(request.clock ?? (() => performance.now() / 1000));
  const run = new Run(trainer, request.checkpointFile, identityOf(request), pace);

  const turns = new Turns(pace, {
    every: preview ? (request.previewEvery ?? 0) : 0,
    share: request.previewShare,
  });

  const album = splitAlbum(images, recipe, seed);
  const timesteps = Math.min(recipe.timesteps ?? T, T);
  const plan = {
    images: album.training,
    seed,
    batch: recipe.batch,
    microBatch: trainer.batch,
    timesteps,
    augment: recipe.augment,
  };
  const rule = album.heldOut.length > 0 ? recipe.heldOut : null;
  const judging = rule && heldOutBatches(album.heldOut, { ...rule, seed, size: trainer.batch, timesteps });

  const judge = async (): Promise<FinetuneEvent> => {
    const loss = await pace.time('held-out', () => meanLoss(trainer, judging ?? []));
    if (!Number.isFinite(loss)) throw failed(run.step, steps, 'held-out loss');
    await run.judged(loss);
    return { kind: 'held-out', step: run.step, loss };
  };
  const left = (): Record<Work, number> => ({
    step: steps - run.step,
    'held-out': rule ? Math.ceil((steps - run.step) / rule.every) : 0,
    checkpoint: Math.ceil((steps - run.step) / stepsBetweenSaves(steps)),
    preview: turns.left(steps - run.step),
  });

  const { secondsPerStep } = request;
  yield {
    kind: 'start',
    step: run.step,
    of: steps,
    trainingPhotos: album.training.length,
    heldOutPhotos: album.heldOut.length,
    eta: secondsPerStep === undefined ? undefined : secondsPerStep * left().step,
  };
  // at step 0 too: a folder that cannot be written to is known before the work, not after
  if (await run.save()) yield { kind: 'checkpoint', step: run.step };
  if (rule && run.heldOut.length === 0) yield await judge();

  while (run.ended === null) {
    if (signal?.aborted) {
      await run.save();
      throw cancelled(run.step, steps, signal);
    }
    const step = run.step + 1;
    const begin = pace.clock();
    const { loss } = await trainer.step(batchesOf(plan, step), learningRateAt(recipe, step));
    const seconds = pace.clock() - begin;
    pace.add('step', seconds);
    if (!Number.isFinite(loss)) {
      await run.save();
      throw failed(step, steps, 'loss');
    }
    run.losses.push(loss);
    yield { kind: 'step', step, of: steps, loss, seconds, eta: pace.eta(left()) };

    if (rule && (step % rule.every === 0 || step === steps)) yield await judge();
    if (step === steps) run.ended = 'all';
    else if (rule && stopsEarly(run.heldOut, rule.patience)) run.ended = 'early';
    if (preview && turns.due(step)) {
      const image = await pace.time('preview', async () => preview(await trainer.state()));
      if (image) yield { kind: 'preview', step, image };
    }
    if (run.saveDue(steps) && (await run.save())) yield { kind: 'checkpoint', step };
  }

  await run.takeBest();
  const { losses, heldOut, best, ended } = run;
  return {
    steps: run.step,
    stoppedEarly: ended === 'early',
    best: best && { step: best.step, loss: best.loss },
    losses,
    heldOut,
  };
}

function cancelled(step: number, of: number, signal: AbortSignal): UserError {
  const sentence = `The finetune was stopped after step ${step} of ${of}.`;
  return new UserError('cancelled', sentence, 'Start it again to go on from there.', {
    cause: signal.reason,
  });
}

function failed(step: number, of: number, what: string): UserError {
  return new UserError(
    'training.failed',
    `The finetune failed at step ${step} of ${of}: its ${what} is not a number any more.`,
    'The last good state was kept. Try a lower learning rate, or another base model.',
  );
}

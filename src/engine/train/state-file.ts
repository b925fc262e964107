/**
 * A run's checkpoint, one safetensors file: value/NAME, m/NAME and v/NAME of every trained tensor, best/NAME of the best
 * held-out state, and the run's identity and curves as metadata. It holds no time and no machine, so that equal runs end
 * with equal bytes. finetune/run.ts writes and resumes; checkpoint/safetensors.ts has the format.
 */
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import * as v from 'valibot';
import { UserError } from '../../domain/errors.ts';
import { quoted } from '../../domain/text.ts';
import { openCheckpoint } from '../checkpoint/open.ts';
import { writeSafetensors } from '../checkpoint/safetensors-write.ts';
import type { WritableTensor } from '../checkpoint/safetensors-write.ts';
import { systemCode } from '../checkpoint/source.ts';
import type { TensorStore } from '../checkpoint/store.ts';
import { sameShape } from '../graph/shape.ts';
import type { TrainedTensor, TrainingState } from './trainer.ts';

/** What makes a run this run: go on with anything else, and the numbers would be neither run's. */
export interface RunIdentity {
  /** Names the base weights. */
  readonly base: string;
  /** Hash of the photos, in order. */
  readonly images: string;
  /** Plain data. */
  readonly recipe: { readonly name: string };
  readonly seed: number;
  /** Timesteps of the prior's schedule. */
  readonly T: number;
}

/** The mean loss of the photos held out, after `step` steps. */
export interface HeldOutLoss {
  readonly step: number;
  readonly loss: number;
}

/** The weights of the step with the lowest held-out loss. */
export interface BestState extends HeldOutLoss {
  readonly tensors: readonly Pick<TrainedTensor, 'name' | 'shape' | 'value'>[];
}

/** How far a run is, beside its weights. */
export interface RunProgress {
  /** Of each step done. */
  readonly losses: readonly number[];
  readonly heldOut: readonly HeldOutLoss[];
  /** Why there are no more steps to do: all done, or the held-out loss rose. */
  readonly ended: 'all' | 'early' | null;
  readonly best: BestState | undefined;
}

/** A run read back. Tensors stay in the file until they are looked at: use them, then dispose. */
interface SavedRun extends RunProgress, Disposable {
  readonly state: TrainingState;
}

const FORMAT = 'albumen finetune 1';
const ADVICE = 'The file was left as it is; move it away or choose another name to begin anew.';

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const loss = v.pipe(v.number(), v.finite());
const Point = v.strictObject({ step: count, loss });
const Progress = v.strictObject({
  losses: v.array(loss),
  heldOut: v.array(Point),
  ended: v.nullable(v.picklist(['all', 'early'])),
  best: v.nullable(Point),
});

/** Whose run a file holds when it is not the one asked for, field by field. */
const OTHERS: Readonly<Record<keyof RunIdentity, string>> = {
  base: 'another base model',
  images: 'other photos',
  recipe: 'another recipe',
  seed: 'another seed',
  T: 'another number of timesteps',
};

/**
 * Writes the checkpoint; the one before stays whole until this one is. Throws `output.unwritable`, for a full disk with a
 * sentence of its own.
 */
export function writeState(
  path: string,
  run: RunIdentity,
  progress: RunProgress,
  state: TrainingState,
): void {
  const { losses, heldOut, ended, best } = progress;
  const point = best ? { step: best.step, loss: best.loss } : null;
  const metadata = [
    ['format', FORMAT],
    ...Object.entries(textsOf(run)),
    ['progress', JSON.stringify({ losses, heldOut, ended, best: point })],
  ] as [string, string][];
  const tensors = [
    ...(['value', 'm', 'v'] as const).flatMap((part) => state.tensors.map((t) => writable(part, t, t[part]))),
    ...(best?.tensors ?? []).map((t) => writable('best', t, t.value)),
  ];
  try {
    writeSafetensors(path, tensors, metadata);
  } catch (error) {
    if (!(error instanceof UserError) || !['ENOSPC', 'EDQUOT'].includes(systemCode(error.cause))) throw error;
    const kept = existsSync(path)
      ? 'the last good checkpoint is kept, and the run goes on from it'
      : 'begin anew';
    throw new UserError(
      'output.unwritable',
      `The disk is full: the checkpoint ${quoted(basename(path))} of step ${state.steps} could not be written.`,
      `Make room and start again: ${kept}.`,
      { cause: error },
    );
  }
}

/**
 * Reads the checkpoint of this very run; undefined where there is none. Throws `checkpoint.unreadable` for a file that is
 * damaged or something else, `checkpoint.mismatch` for another run's; neither is ever touched.
 */
export function openState(path: string, run: RunIdentity): SavedRun | undefined {
  if (!existsSync(path)) return undefined;
  let store: TensorStore;
  try {
    store = openCheckpoint(path);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    throw new UserError('checkpoint.unreadable', error.message, ADVICE, { cause: error });
  }
  try {
    checkIdentity(store, run);
    return savedRun(store);
  } catch (error) {
    store[Symbol.dispose]();
    throw error;
  }
}

/** Removes what a process that was killed while writing this checkpoint left beside it. */
export function removeLeftovers(path: string): void {
  const begin = `.${basename(path)}.`;
  const folder = dirname(path);
  if (!existsSync(folder)) return;
  for (const name of readdirSync(folder)) {
    const ours = name.startsWith(begin) && /^[0-9a-f-]{36}\.tmp$/.test(name.slice(begin.length));
    if (ours) rmSync(join(folder, name), { force: true });
  }
}

function textsOf(run: RunIdentity): Record<keyof RunIdentity, string> {
  const { base, images, recipe, seed, T } = run;
  return { base, images, recipe: JSON.stringify(recipe), seed: String(seed), T: String(T) };
}

function writable(
  part: string,
  { name, shape }: TrainedTensor | BestState['tensors'][number],
  data: Float32Array,
): WritableTensor {
  return { name: `${part}/${name}`, shape, type: 'float32', data };
}

function checkIdentity(store: TensorStore, run: RunIdentity): void {
  if (store.metadata.get('format') !== FORMAT) throw broken(store, 'is not the checkpoint of a finetune');
  const texts = textsOf(run);
  for (const key of ['base', 'images', 'recipe', 'seed', 'T'] as const) {
    const saved = store.metadata.get(key);
    const same =
      key === 'recipe' ? isDeepStrictEqual(jsonOf(saved), jsonOf(texts.recipe)) : saved === texts[key];
    if (same) continue;
    throw new UserError(
      'checkpoint.mismatch',
      `${quoted(basename(store.path))} belongs to a finetune with ${OTHERS[key]}, so this one cannot go on from it.`,
      `Start that one again as it was. ${ADVICE}`,
    );
  }
}

function savedRun(store: TensorStore): SavedRun {
  const parsed = v.safeParse(Progress, jsonOf(store.metadata.get('progress')));
  if (!parsed.success) throw broken(store, 'is damaged: its record of the run is wrong');
  const { best, ...progress } = parsed.output;
  const names = [...store.tensors.keys()]
    .filter((key) => key.startsWith('value/'))
    .map((key) => key.slice('value/'.length));
  const parts = best ? ['value', 'm', 'v', 'best'] : ['value', 'm', 'v'];
  for (const name of names) {
    const [first, ...others] = parts.map((part) => store.tensors.get(`${part}/${name}`));
    const alike = others.every((other) => first && other && sameShape(first.shape, other.shape));
    if (!alike) throw broken(store, `is damaged: it lacks a part of ${quoted(name)}`);
  }
  if (store.tensors.size !== names.length * parts.length || names.length === 0)
    throw broken(store, 'is damaged: it holds tensors that belong to none');
  const shapeOf = (name: string): readonly number[] => store.tensors.get(`value/${name}`)?.shape ?? [];
  return {
    ...progress,
    state: {
      steps: progress.losses.length,
      tensors: names.map((name) => lazyTensor(store, name, shapeOf(name))),
    },
    best: best
      ? {
          ...best,
          tensors: names.map((name) => ({ name, shape: shapeOf(name), value: store.read(`best/${name}`) })),
        }
      : undefined,
    [Symbol.dispose]: () => {
      store[Symbol.dispose]();
    },
  };
}

/** Read when asked for, so that loading a large model needs no second copy of it. */
function lazyTensor(store: TensorStore, name: string, shape: readonly number[]): TrainedTensor {
  return {
    name,
    shape,
    get value() {
      return store.read(`value/${name}`);
    },
    get m() {
      return store.read(`m/${name}`);
    },
    get v() {
      return store.read(`v/${name}`);
    },
  };
}

/** Undefined, which no JSON is, for what is not JSON. */
function jsonOf(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? '');
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function broken(store: TensorStore, what: string): UserError {
  return new UserError('checkpoint.unreadable', `${quoted(basename(store.path))} ${what}.`, ADVICE);
}

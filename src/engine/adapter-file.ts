/**
 * The file a finetune ends with: low-rank adapters of a few MB with the base's hash inside, or, of a full finetune, a
 * whole checkpoint. nn/lora.ts merges an adapter at inference; finetune.ts makes what is written here.
 */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { basename } from 'node:path';
import { UserError } from '../domain/errors.ts';
import { quoted } from '../domain/text.ts';
import { firstNonFinite, openCheckpoint } from './checkpoint/open.ts';
import { writeSafetensors } from './checkpoint/safetensors-write.ts';
import { systemCode } from './checkpoint/source.ts';
import type { TensorStore } from './checkpoint/store.ts';
import type { Recipe } from './finetune/recipes.ts';
import { sameShape } from './graph/shape.ts';
import type { UNetConfig } from './nn/config.ts';
import { AdaptedBuilder, adapted } from './nn/lora.ts';
import type { Adapter } from './nn/lora.ts';
import { openPrior, tensorMismatch, unet } from './prior.ts';
import type { Prior } from './prior.ts';

/** The model that was finetuned: its name for people, and the SHA-256 of its file, in hexadecimal. */
export interface Base {
  readonly id: string;
  readonly sha256: string;
}

/** How a file came about. It holds no time and no machine, so that equal runs end with equal bytes. */
export interface Making {
  readonly base: Base;
  readonly recipe: Recipe;
  readonly seed: number;
  /** The step whose weights these are. */
  readonly steps: number;
}

/** What a trainer's state has of each tensor that is written; `value` is row-major. */
export interface LearnedTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly value: Float32Array;
}

const KINDS = { adapter: 'albumen-adapter', full: 'albumen-full' } as const;
/** Larger adapters are stored in 16 bits: what b a adds to a weight keeps 3 digits. */
const MOST_FLOAT32_BYTES = 4e6;
const AGAIN = 'Finetune this person again, with --overwrite.';

/** The SHA-256 of a file, in hexadecimal. Throws `checkpoint.unreadable`, or `cancelled` where the signal aborts. */
export async function fileHash(path: string, signal?: AbortSignal): Promise<string> {
  const hash = createHash('sha256');
  try {
    for await (const chunk of createReadStream(path, signal && { signal })) hash.update(chunk as Buffer);
  } catch (cause) {
    if (signal?.aborted) throw new UserError('cancelled', 'Stopped; nothing was done.', undefined, { cause });
    const sentence = `${quoted(basename(path))} could not be read (${systemCode(cause)}).`;
    throw new UserError('checkpoint.unreadable', sentence, 'Check that you may read it.', { cause });
  }
  return hash.digest('hex');
}

/** Writes what was learned, whole or not at all. Throws `output.unwritable`. */
export function writeFinetuned(path: string, making: Making, tensors: readonly LearnedTensor[]): void {
  const { base, recipe, seed, steps } = making;
  const bytes = tensors.reduce((sum, { value }) => sum + value.byteLength, 0);
  const half = recipe.weights === 'adapter' && bytes > MOST_FLOAT32_BYTES;
  writeSafetensors(
    path,
    tensors.map(({ name, shape, value }) => ({
      name,
      shape,
      type: half ? 'float16' : 'float32',
      data: value,
    })),
    [
      ['kind', KINDS[recipe.weights]],
      ['base', base.sha256],
      ['base-id', base.id],
      ...(recipe.weights === 'adapter' ? [['rank', String(recipe.rank)] as const] : []),
      ['recipe', JSON.stringify(recipe)],
      ['steps', String(steps)],
      ['seed', String(seed)],
    ],
  );
}

/**
 * The prior as finetuned by `path`, which must be made on `base`: merged adapters over `prior`, or, of a full finetune,
 * a prior of its own (configured by the model.json beside it). Dispose of it before `prior`. Throws
 * `checkpoint.mismatch` for another base or network, `checkpoint.unreadable` for what is no such file.
 */
export function openFinetuned(path: string, prior: Prior, base: Base): Prior {
  using store = openCheckpoint(path);
  const kind = store.metadata.get('kind');
  if (kind !== KINDS.adapter && kind !== KINDS.full)
    throw broken(store, 'is neither an adapter nor a finetuned model of this program');
  checkBase(store, base);
  const bad = firstNonFinite(store);
  if (bad !== undefined) throw broken(store, `holds values that are not numbers, first in ${quoted(bad)}`);
  if (kind === KINDS.full) return openPrior(path);
  const weights = adapted(prior.weights, readAdapter(store, prior.config), identityOf(store));
  return { ...prior, weights, [Symbol.dispose]: () => undefined };
}

function checkBase(store: TensorStore, base: Base): void {
  const sha256 = store.metadata.get('base') ?? '';
  if (sha256 === base.sha256) return;
  const id = store.metadata.get('base-id') ?? 'another model';
  const [made, used] = [`${quoted(id)} (${short(sha256)})`, `${quoted(base.id)} (${short(base.sha256)})`];
  throw new UserError(
    'checkpoint.mismatch',
    `${quoted(basename(store.path))} was finetuned from the model ${made} and does not fit ${used}.`,
    `Choose that model with --model, or finetune again from this one.`,
  );
}

/** Its tensors are exactly those that the network has beside its weights. */
function readAdapter(store: TensorStore, config: UNetConfig): Adapter {
  const rank = Number(store.metadata.get('rank'));
  if (!Number.isSafeInteger(rank) || rank < 1 || rank > 4096) throw broken(store, 'does not say its rank');
  const expected = adapterShapes(config, rank);
  for (const [name, shape] of expected) {
    const tensor = store.tensors.get(name);
    if (tensor && sameShape(tensor.shape, shape)) continue;
    throw tensorMismatch(store, name, shape, AGAIN);
  }
  if (store.tensors.size !== expected.size) throw broken(store, 'holds tensors that belong to no layer');
  return new Map([...expected].map(([name, shape]) => [name, { shape, value: store.read(name) }]));
}

/** Every adapter tensor of a network, by name. */
function adapterShapes(config: UNetConfig, rank: number): Map<string, readonly number[]> {
  const b = new AdaptedBuilder(rank);
  const size = config.imageSize;
  const out = unet(b, config, b.input('x_t', [1, 3, size, size]), b.input('t', [1]));
  const { parameters } = b.finish('adapted', { out });
  return new Map(
    parameters
      .filter(({ name }) => /\.lora\.[ab]$/.test(name))
      .map(({ name, value: { shape } }) => [name, shape]),
  );
}

/** Sessions of one id share weights, so the id is of what the file holds, not of where it lies. */
function identityOf(store: TensorStore): string {
  const hash = createHash('sha256');
  for (const name of store.tensors.keys()) {
    const values = store.read(name);
    hash.update(`${name} ${values.length} `).update(new Uint8Array(values.buffer));
  }
  return `adapter ${hash.digest('hex')}`;
}

function short(sha256: string): string {
  return `SHA-256 ${/^[0-9a-f]{12}/.exec(sha256)?.[0] ?? 'not stated'}`;
}

function broken(store: TensorStore, what: string): UserError {
  return new UserError('checkpoint.unreadable', `${quoted(basename(store.path))} ${what}.`, AGAIN);
}

/**
 * One copy of each arranged weight for all sessions of a model, counted and let go with the last of them.
 * The layouts are onnx/layout.ts's; ort.ts is the user.
 */
import { arrange } from '../onnx/layout.ts';
import type { ParameterUse } from '../onnx/emit.ts';
import { sizeOf } from '../graph/shape.ts';
import type { Shape } from '../graph/shape.ts';
import type { WeightSource } from './session.ts';

/** Weights in use by one session, until it is released. */
export interface Lease<T> {
  /** By the model's names of its weights. */
  readonly tensors: Readonly<Record<string, T>>;
  release(): void;
}

interface Entry<T> {
  readonly tensor: T;
  users: number;
}

/** Weights of type T (a tensor, or bytes), kept while somebody leases them. */
export class WeightCache<T> {
  readonly #wrap: (data: Float32Array<ArrayBuffer>, shape: number[]) => T;
  readonly #entries = new Map<string, Entry<T>>();

  constructor(wrap: (data: Float32Array<ArrayBuffer>, shape: number[]) => T) {
    this.#wrap = wrap;
  }

  /** Reads what is not there yet, one weight at a time, so that the peak is the weights and one more. */
  lease(source: WeightSource, uses: readonly ParameterUse[]): Lease<T> {
    const tensors: Record<string, T> = {};
    const keys: string[] = [];
    const scratch = new Scratch();
    for (const use of uses) {
      const key = `${source.id} ${use.onnxName}`;
      let entry = this.#entries.get(key);
      if (!entry) {
        entry = { tensor: this.#wrap(load(source, use, scratch), [...use.onnxShape]), users: 0 };
        this.#entries.set(key, entry);
      }
      entry.users++;
      keys.push(key);
      tensors[use.onnxName] = entry.tensor;
    }
    return {
      tensors,
      release: () => {
        for (const key of keys.splice(0)) this.#drop(key);
      },
    };
  }

  #drop(key: string): void {
    const entry = this.#entries.get(key);
    if (entry && --entry.users === 0) this.#entries.delete(key);
  }
}

function load(
  source: WeightSource,
  { name, shape, layout }: ParameterUse,
  scratch: Scratch,
): Float32Array<ArrayBuffer> {
  if (layout.kind === 'plain') {
    const data = new Float32Array(sizeOf(shape));
    source.readInto(name, data);
    return data;
  }
  const data = scratch.take(shape);
  source.readInto(name, data);
  return arrange(data, shape, layout);
}

/** One buffer for all weights on their way to their arrangement, so that no garbage piles up beside them. */
class Scratch {
  #buffer = new Float32Array(0);

  take(shape: Shape): Float32Array<ArrayBuffer> {
    const size = sizeOf(shape);
    if (this.#buffer.length < size) this.#buffer = new Float32Array(size);
    return this.#buffer.subarray(0, size);
  }
}

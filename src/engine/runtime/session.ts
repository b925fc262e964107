/**
 * The port between the engine and whatever executes its graphs. ort.ts is the one implementation; providers.ts chooses
 * where it runs. Everything crosses as Float32Array, row-major.
 */
import type { Graph } from '../graph/ir.ts';

/** Where a graph runs: onnxruntime's execution providers by their own names. */
export type ProviderName = 'cpu' | 'webgpu' | 'cuda' | 'dml' | 'coreml';

/** A model's weights by their names in the checkpoint. */
export interface WeightSource {
  /** The same id means the same numbers: sessions of one id share memory. */
  readonly id: string;
  /** Reads one weight into `target`, which has exactly its size. */
  readInto(name: string, target: Float32Array): void;
}

export type Tensors = Readonly<Record<string, Float32Array>>;

/** A compiled graph. */
export interface Executable {
  /**
   * Runs once. Inputs by name, each with the size its shape says; outputs by name, the caller's to keep.
   * Blocks the thread while it runs (onnxruntime-node), so cancellation lands between runs.
   */
  run(inputs: Tensors): Promise<Tensors>;
  release(): Promise<void>;
}

export interface Runtime extends AsyncDisposable {
  readonly provider: ProviderName;
  /**
   * Compiles `graph`, or returns the session made earlier for the same graph and weights. Parameters in `live` change
   * from run to run and are passed to `run` as inputs are.
   */
  compile(graph: Graph, weights: WeightSource, live?: ReadonlySet<string>): Promise<Executable>;
  /** Releases every session and all weights. */
  release(): Promise<void>;
}

/** For graphs without parameters. */
export const noWeights: WeightSource = {
  id: 'none',
  readInto(name) {
    throw new Error(`internal: weight ${name} asked of a graph without weights`);
  },
};

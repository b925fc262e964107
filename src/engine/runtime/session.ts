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

/** Row-major data by the name of a graph's input or output. */
export type Tensors = Readonly<Record<string, Float32Array>>;

/** A compiled graph. */
export interface Executable {
  /**
   * Runs once. Inputs by name, each with the size its shape says; outputs by name, the caller's to keep.
   * Blocks the thread while it runs (onnxruntime-node), so cancellation lands between runs.
   */
  run(inputs: Tensors): Promise<Tensors>;
  /** Gives its memory back; it cannot run any more. */
  release(): Promise<void>;
}

/** A compiled graph with state that stays where the graph runs: what one run puts out, the next takes in. */
export interface ResidentExecutable {
  /** Runs once and returns the outputs that are not state. Where `accept` says no to them, the state stays as it was. */
  run(inputs: Tensors, accept: (outputs: Tensors) => boolean): Promise<Tensors>;
  /** The state by its input names, copied back. */
  read(): Promise<Tensors>;
  /** Replaces the state; every input name, each of its size. */
  write(state: Tensors): void;
  release(): Promise<void>;
}

/** One provider, ready to compile. Whatever a provider itself throws comes through. */
export interface Runtime extends AsyncDisposable {
  readonly provider: ProviderName;
  /**
   * Compiles `graph`, or returns the session made earlier for the same graph and weights. Parameters in `live` change
   * from run to run and are passed to `run` as inputs are.
   */
  compile(graph: Graph, weights: WeightSource, live?: ReadonlySet<string>): Promise<Executable>;
  /**
   * Compiles a graph some of whose outputs (values of `state`) are its inputs (keys) of the next run. Parameters are
   * `weights`, as in `compile`; `write` comes before the first run.
   */
  compileResident(
    graph: Graph,
    weights: WeightSource,
    state: ReadonlyMap<string, string>,
  ): Promise<ResidentExecutable>;
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

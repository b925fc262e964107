/**
 * The port through which the engine sees a checkpoint's tensors, whatever the file format.
 * Read next: open.ts (which picks the format), file-store.ts (the one implementation).
 */

/** How a number is stored in the file; `read` always yields float32. */
export type StoredType =
  'float32' | 'float16' | 'bfloat16' | 'float64' | 'int64' | 'int32' | 'int16' | 'int8' | 'uint8' | 'bool';

/** A tensor as the file declares it; an empty `shape` is a scalar. */
export interface TensorInfo {
  readonly name: string;
  readonly shape: readonly number[];
  readonly type: StoredType;
}

/**
 * An open checkpoint. Tensors stay in the file until they are read, so memory use is one tensor at a time; dispose
 * to close the file. Every method throws UserError `checkpoint.unreadable` when the file no longer holds the bytes.
 */
export interface TensorStore extends Disposable {
  readonly path: string;
  readonly format: 'safetensors' | 'torch-zip' | 'torch-legacy';
  /** The size of the file in bytes. */
  readonly fileBytes: number;
  /** In file order. */
  readonly tensors: ReadonlyMap<string, TensorInfo>;
  /**
   * safetensors: its `__metadata__`. torch: the scalars found beside the state dict (step = "10"), and `nested`, the
   * key or dotted keys the state dict was found under, where it was not the whole file.
   */
  readonly metadata: ReadonlyMap<string, string>;
  /**
   * Reads one tensor as float32, row-major in its shape. Floats round to float32; integers are exact where float32 is.
   * Throws UserError `checkpoint.mismatch` when there is no such tensor.
   */
  read(name: string): Float32Array<ArrayBuffer>;
  /** As `read`, into `target` from element `offset` on; throws `internal:` when it does not fit there. */
  readInto(name: string, target: Float32Array, offset: number): void;
  /**
   * Reads an integer (or bool) tensor exactly, row-major. Throws UserError `checkpoint.mismatch` for a float tensor,
   * `checkpoint.unreadable` for an int64 beyond 2^53.
   */
  readIntegers(name: string): number[];
}

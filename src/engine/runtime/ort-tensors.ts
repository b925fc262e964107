/**
 * Float32Arrays to onnxruntime's tensors and back, with the checks that keep its own errors away. ort.ts and
 * ort-resident.ts use it.
 */
import { Tensor } from 'onnxruntime-node';
import { invariant } from '../../domain/errors.ts';
import type { NamedValue } from '../graph/ir.ts';
import { sizeOf } from '../graph/shape.ts';
import type { Tensors } from './session.ts';

/** Wraps the data (no copy) of each of `values`; throws `internal: ...` where one is missing or of the wrong size. */
export function tensorsOf(values: readonly NamedValue[], data: Tensors): Record<string, Tensor> {
  const tensors: Record<string, Tensor> = {};
  for (const { name, value } of values) {
    const given = data[name];
    invariant(given, `input ${name} is missing`);
    invariant(given.length === sizeOf(value.shape), `input ${name} has ${given.length} elements`);
    tensors[name] = new Tensor('float32', given, value.shape);
  }
  return tensors;
}

/** The data (no copy) of tensors on the CPU; throws `internal: ...` for one that is not float32. */
export function dataOf(tensors: Readonly<Record<string, Tensor>>): Record<string, Float32Array> {
  const data: Record<string, Float32Array> = {};
  for (const [name, tensor] of Object.entries(tensors)) {
    invariant(tensor.data instanceof Float32Array, `output ${name} is not float32`);
    data[name] = tensor.data;
  }
  return data;
}

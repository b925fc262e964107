/**
 * A session whose state stays on the device: outputs of one run are inputs of the next, never copied through JavaScript.
 * onnxruntime-node cannot read a device tensor (it ends the process), so reading goes through a session of copies.
 */
import { InferenceSession } from 'onnxruntime-node';
import type { Tensor } from 'onnxruntime-node';
import { invariant } from '../../domain/errors.ts';
import type { NamedValue } from '../graph/ir.ts';
import { encodeModel } from '../onnx/model.ts';
import { dataOf, tensorsOf } from './ort-tensors.ts';
import type { ResidentExecutable, Tensors } from './session.ts';
import type { Lease } from './weights.ts';

interface Parts {
  readonly session: InferenceSession;
  readonly lease: Lease<Tensor>;
  readonly inputs: readonly NamedValue[];
  /** Input name -> output name. */
  readonly state: ReadonlyMap<string, string>;
  /** Puts device state out on the CPU; undefined where it is there already. */
  readonly copy: InferenceSession | undefined;
}

/** One compiled graph with its state; `onRelease` tells the runtime that it is gone. */
export class OrtResident implements ResidentExecutable {
  readonly #parts: Parts;
  readonly #onRelease: () => void;
  #state: Record<string, Tensor> | undefined;

  constructor(parts: Parts, onRelease: () => void) {
    this.#parts = parts;
    this.#onRelease = onRelease;
  }

  async run(inputs: Tensors, accept: (outputs: Tensors) => boolean): Promise<Tensors> {
    const { session, lease, state } = this.#parts;
    const before = this.#given();
    const fresh = this.#parts.inputs.filter(({ name }) => !state.has(name));
    const outputs = await session.run({ ...lease.tensors, ...before, ...tensorsOf(fresh, inputs) });
    const after: Record<string, Tensor> = {};
    const rest = new Map(Object.entries(outputs));
    for (const [input, output] of state) {
      const tensor = rest.get(output);
      invariant(tensor, `the graph puts out ${output}`);
      after[input] = tensor;
      rest.delete(output);
    }
    const result = dataOf(Object.fromEntries(rest));
    const accepted = accept(result);
    disposeAll(accepted ? before : after);
    if (accepted) this.#state = after;
    return result;
  }

  async read(): Promise<Tensors> {
    const { copy } = this.#parts;
    const state = this.#given();
    if (!copy) return dataOf(state);
    const copies = dataOf(await copy.run(state));
    return Object.fromEntries(Object.keys(state).map((name) => [name, copies[copyOf(name)]!]));
  }

  write(state: Tensors): void {
    const { inputs, state: names } = this.#parts;
    const next = tensorsOf(
      inputs.filter(({ name }) => names.has(name)),
      state,
    );
    if (this.#state) disposeAll(this.#state);
    this.#state = next;
  }

  async release(): Promise<void> {
    if (this.#state) disposeAll(this.#state);
    this.#state = undefined;
    this.#onRelease();
    this.#parts.lease.release();
    await this.#parts.copy?.release();
    await this.#parts.session.release();
  }

  #given(): Record<string, Tensor> {
    invariant(this.#state, 'state is written before it is used');
    return this.#state;
  }
}

/** Frees device memory; tensors on the CPU are the collector's. */
function disposeAll(tensors: Readonly<Record<string, Tensor>>): void {
  for (const tensor of Object.values(tensors)) if (tensor.location === 'gpu-buffer') tensor.dispose();
}

/** A session that copies device tensors of these shapes to the CPU. */
export async function openCopySession(
  held: readonly NamedValue[],
  options: InferenceSession.SessionOptions,
): Promise<InferenceSession> {
  const info = (name: string, shape: readonly number[]) => ({ name, type: 'float32', shape }) as const;
  const bytes = encodeModel({
    name: 'copies',
    nodes: held.map(({ name }) => ({ name, op: 'Identity', inputs: [name], outputs: [copyOf(name)] })),
    inputs: held.map(({ name, value }) => info(name, value.shape)),
    outputs: held.map(({ name, value }) => info(copyOf(name), value.shape)),
    initializers: [],
  });
  return InferenceSession.create(bytes, options);
}

function copyOf(name: string): string {
  return `${name} copy`;
}

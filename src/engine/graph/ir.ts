/**
 * The intermediate representation: an immutable graph of float32 tensors with static shapes. Read attributes.ts next for
 * what each op means, then build.ts; onnx/lower.ts turns a graph into something a runtime executes.
 */
import type { OpAttributes, OpName } from './attributes.ts';
import type { Shape } from './shape.ts';

/** One float32 tensor in the graph. Two values are the same exactly when they are the same object. */
export interface Value {
  readonly id: number;
  readonly shape: Shape;
}

/** One operation and the single value it makes. */
export interface NodeOf<K extends OpName> {
  readonly op: K;
  /** Where in the network it stands, unique in its graph: `input_blocks.1.0/conv#12`. */
  readonly name: string;
  readonly inputs: readonly Value[];
  readonly attributes: OpAttributes[K];
  readonly output: Value;
}
/** A node of any op. */
export type Node = { [K in OpName]: NodeOf<K> }[OpName];

/** An input, parameter or output by its name. */
export interface NamedValue {
  readonly name: string;
  readonly value: Value;
}

/** A finished graph. Nodes stand in an order in which each one's inputs come before it. */
export interface Graph {
  readonly name: string;
  /** Given anew at each run. */
  readonly inputs: readonly NamedValue[];
  /** Weights, named as in the checkpoint; the same over many runs. */
  readonly parameters: readonly NamedValue[];
  readonly nodes: readonly Node[];
  readonly outputs: readonly NamedValue[];
}

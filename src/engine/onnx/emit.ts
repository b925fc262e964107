/**
 * The half-written ONNX model while a graph is lowered: names, nodes, constants, and for each value whether it exists in
 * plain [N,C,H,W] order, in the CPU's blocked order, or both (reorders are added on demand). Read lower.ts for the driver.
 */
import { invariant } from '../../domain/errors.ts';
import type { OpName } from '../graph/attributes.ts';
import type { Graph, Node, NodeOf, Value } from '../graph/ir.ts';
import { sizeOf } from '../graph/shape.ts';
import type { Shape } from '../graph/shape.ts';
import { roundUp } from './layout.ts';
import type { Layout } from './layout.ts';
import type { OnnxAttribute, OnnxInitializer, OnnxNode, OnnxValueInfo } from './model.ts';

/**
 * What the provider is good at: `portable` uses standard ONNX alone; `cpu` uses com.microsoft's fused ops too, and where
 * `block` > 1 keeps images in the CPU's blocked order [N][C/block][H][W][block] between convolutions (ADR 2).
 */
export type Dialect = { readonly kind: 'portable' } | { readonly kind: 'cpu'; readonly block: number };

/** One weight as the model wants it: `layout` says how to arrange the checkpoint's data (layout.ts). */
export interface ParameterUse {
  /** Name in the checkpoint. */
  readonly name: string;
  /** Name of the ONNX input or initializer. */
  readonly onnxName: string;
  /** Shape in the graph, row-major. */
  readonly shape: Shape;
  readonly layout: Layout;
  /** Shape of the arranged data. */
  readonly onnxShape: Shape;
}

/** The nodes that read each value; 'output' where the graph puts it out. */
export type Consumers = ReadonlyMap<Value, readonly (Node | 'output')[]>;
/** Emits one node; answers false where it cannot, so that the next way is tried. */
export type BlockedLowering<K extends OpName> = (
  emitter: Emitter,
  node: NodeOf<K>,
  consumers: Consumers,
) => boolean;
/** Emits one node in row-major order; returns its output's name. */
export type PlainLowering<K extends OpName> = (emitter: Emitter, node: NodeOf<K>) => string;

type Attributes = Readonly<Record<string, OnnxAttribute>>;
/** Emits a put-off node, blocked, adding `sum` (blocked too) where given; returns its output's name. */
type Deferred = (sum?: string) => string;
type Domain = OnnxNode['domain'];

/** One model in the making; methods that return a string return the ONNX name of a tensor. */
export class Emitter {
  readonly dialect: Dialect;
  readonly nodes: OnnxNode[] = [];
  readonly initializers: OnnxInitializer[] = [];
  readonly uses = new Map<string, ParameterUse>();
  readonly #parameters: ReadonlyMap<Value, string>;
  readonly #plain = new Map<Value, string>();
  readonly #blocked = new Map<Value, string>();
  readonly #constants = new Map<string, string>();
  /** Work put off until somebody asks for the value (a convolution waiting for the addition it can absorb). */
  readonly #deferred = new Map<Value, Deferred>();
  readonly #arranged = new Map<Value, Map<string, string>>();
  readonly #reshaped = new Map<string, string>();
  #where = '';
  #next = 0;

  constructor(dialect: Dialect, graph: Graph, live: ReadonlySet<string>) {
    this.dialect = dialect;
    const frozen = graph.parameters.filter(({ name }) => !live.has(name));
    const given = graph.parameters.filter(({ name }) => live.has(name));
    for (const { name, value } of [...graph.inputs, ...given]) this.#plain.set(value, name);
    this.#parameters = new Map(frozen.map(({ name, value }) => [value, name]));
  }

  /** All that follows is emitted for this node of the graph. */
  at(nodeName: string): void {
    this.#where = nodeName;
  }

  /** Adds a node with one output and returns the output's name. */
  node(op: string, inputs: readonly string[], attributes: Attributes = {}, domain?: Domain): string {
    const output = `${this.#next++}`;
    const name = `${this.#where}:${op}:${output}`;
    this.nodes.push({ name, op, inputs, outputs: [output], attributes, ...(domain ? { domain } : {}) });
    return output;
  }

  /** A float32 constant, row-major; equal constants are one. */
  floats(shape: Shape, data: Float32Array): string {
    return this.#constant('float32', shape, new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  }

  /** A float32 constant of no axes. */
  scalar(value: number): string {
    return this.floats([], Float32Array.of(value));
  }

  /** a [N,I,K], b [N,J,K] -> [N,I,J]. */
  matmulTransposed(a: string, b: string): string {
    if (this.dialect.kind === 'cpu')
      return this.node('FusedMatMul', [a, b], { transB: { int: 1 } }, 'com.microsoft');
    return this.node('MatMul', [a, this.node('Transpose', [b], { perm: { ints: [0, 2, 1] } })]);
  }

  /** A list of int64, as shapes and axes are given to ONNX. */
  integers(values: readonly number[]): string {
    const data = BigInt64Array.from(values, BigInt);
    return this.#constant('int64', [values.length], new Uint8Array(data.buffer));
  }

  #constant(type: 'float32' | 'int64', shape: Shape, bytes: Uint8Array): string {
    const key = `${type} ${shape.join(',')} ${Buffer.from(bytes).toString('latin1')}`;
    const known = this.#constants.get(key);
    if (known) return known;
    const name = `c${this.#constants.size}`;
    this.#constants.set(key, name);
    this.initializers.push({ name, type, shape, content: { bytes } });
    return name;
  }

  /**
   * A kernel or its bias in the order a blocked convolution wants: frozen weights are arranged before they are passed
   * (once for each layout), others by nodes of the graph.
   */
  arranged(value: Value, layout: Layout, onnxShape: Shape): string {
    const name = this.#parameters.get(value);
    if (name !== undefined) return this.#parameter(name, value, layout, onnxShape);
    const known = this.#arranged.get(value)?.get(layout.kind);
    if (known !== undefined) return known;
    const made = arrangeInGraph(this, this.plain(value), value.shape, layout, onnxShape);
    this.#arranged.set(
      value,
      (this.#arranged.get(value) ?? new Map<string, string>()).set(layout.kind, made),
    );
    return made;
  }

  #parameter(name: string, value: Value, layout: Layout, onnxShape: Shape): string {
    const onnxName = layout.kind === 'plain' ? name : `${name}@${layout.kind}`;
    this.uses.set(onnxName, { name, onnxName, shape: value.shape, layout, onnxShape });
    return onnxName;
  }

  /** From here on `name` is the value in row-major order. */
  setPlain(value: Value, name: string): void {
    this.#plain.set(value, name);
  }

  /** From here on `name` is the value in blocked order. */
  setBlocked(value: Value, name: string): void {
    this.#blocked.set(value, name);
  }

  /** Puts a value's node off until somebody asks for the value. */
  defer(value: Value, emit: Deferred): void {
    this.#deferred.set(value, emit);
  }

  /** Takes the put-off work for a value away, to be done in another way; undefined when there is none. */
  takeDeferred(value: Value): Deferred | undefined {
    const emit = this.#deferred.get(value);
    this.#deferred.delete(value);
    return emit;
  }

  #settle(value: Value): void {
    const emit = this.takeDeferred(value);
    if (emit) this.setBlocked(value, emit());
  }

  /** The value in row-major order. */
  plain(value: Value): string {
    this.#settle(value);
    const known = this.#plain.get(value);
    if (known !== undefined) return known;
    const parameter = this.#parameters.get(value);
    if (parameter !== undefined) return this.#parameter(parameter, value, { kind: 'plain' }, value.shape);
    const blocked = this.#blocked.get(value);
    invariant(blocked !== undefined, `${this.#where}: value ${value.id} was never lowered`);
    const [, channels = 0, height, width] = value.shape;
    // one pixel: both orders are the same bytes
    if (height === 1 && width === 1) return blocked;
    const name = this.node(
      'ReorderOutput',
      [blocked],
      { channels: { int: channels } },
      'com.microsoft.nchwc',
    );
    this.#plain.set(value, name);
    return name;
  }

  /** The value in blocked order; only for shapes that `blockFor` has a block for. */
  blocked(value: Value): string {
    this.#settle(value);
    const known = this.#blocked.get(value);
    if (known !== undefined) return known;
    const plain = this.plain(value);
    if (value.shape[2] === 1 && value.shape[3] === 1) return plain;
    const name = this.node('ReorderInput', [plain], {}, 'com.microsoft.nchwc');
    this.#blocked.set(value, name);
    return name;
  }

  /** True where the value already stands in blocked order, so that going on there costs nothing. */
  isBlocked(value: Value): boolean {
    return this.#blocked.has(value) || this.#deferred.has(value);
  }

  /** The block's size where an image of this shape can be kept in blocked order, else 0. */
  blockFor(shape: Shape): number {
    const block = this.dialect.kind === 'cpu' ? this.dialect.block : 1;
    const [, channels = 0] = shape;
    return block > 1 && shape.length === 4 && channels % block === 0 ? block : 0;
  }

  /** The tensor `name` in another shape of as many elements. */
  reshape(name: string, shape: Shape): string {
    invariant(sizeOf(shape) > 0, `${this.#where}: empty shape`);
    // a reshape of a reshape is one of the first's source
    const source = this.#reshaped.get(name) ?? name;
    const reshaped = this.node('Reshape', [source, this.integers(shape)]);
    this.#reshaped.set(reshaped, source);
    return reshaped;
  }

  /** Gives an output of the model its public name. */
  output(value: Value, name: string): OnnxValueInfo {
    this.at('output');
    const source = this.plain(value);
    this.nodes.push({ name: `output:${name}`, op: 'Identity', inputs: [source], outputs: [name] });
    return { name, type: 'float32', shape: value.shape };
  }
}

/** The same orders as layout.ts makes, from standard ops. */
function arrangeInGraph(e: Emitter, name: string, shape: Shape, layout: Layout, onnxShape: Shape): string {
  if (layout.kind === 'plain') return name;
  const { block } = layout;
  const [o = 0, i = 0, kh = 1, kw = 1] = shape;
  const filled = roundUp(o, block);
  const whole = filled === o ? name : e.node('Pad', [name, e.integers([0, filled - o]), '', e.integers([0])]);
  if (layout.kind === 'filled') return whole;
  const taps = kh * kw;
  const turn = (parts: string, order: readonly number[]): string =>
    e.reshape(e.node('Transpose', [parts], { perm: { ints: order } }), onnxShape);
  if (layout.kind === 'OIHWo') return turn(e.reshape(whole, [filled / block, block, i, taps]), [0, 2, 3, 1]);
  const parts = e.reshape(whole, [filled / block, block, i / block, block, taps]);
  if (layout.kind === 'OIHWio') return turn(parts, [0, 2, 4, 3, 1]);
  const bounds = [e.integers([-1]), e.integers([-(taps + 1)]), e.integers([4]), e.integers([-1])];
  return turn(taps > 1 ? e.node('Slice', [parts, ...bounds]) : parts, [2, 0, 4, 1, 3]);
}

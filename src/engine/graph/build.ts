/**
 * Builds a graph node by node; shapes are checked as each node is added, so a mistake shows where it is made.
 * The finished graph is frozen and holds only what its outputs need. verify.ts re-checks it, print.ts shows it.
 */
import { invariant } from '../../domain/errors.ts';
import type { OpAttributes, OpName, Pads } from './attributes.ts';
import type { Graph, NamedValue, Node, NodeOf, Value } from './ir.ts';
import { shapeAt } from './ops.ts';
import { sizeOf } from './shape.ts';
import type { Shape } from './shape.ts';

/** A graph in the making. Every method that adds an op throws `internal: <node>: ...` where shapes do not fit. */
export class GraphBuilder {
  readonly #inputs: NamedValue[] = [];
  readonly #parameters = new Map<string, Value>();
  readonly #parameterNames = new Map<Value, string>();
  readonly #nodes: Node[] = [];
  readonly #producers = new Map<Value, Node>();
  readonly #scope: string[] = [];
  #nextId = 0;

  /** Runs `body` with `name` in front of the names of all nodes made in it. */
  scope<T>(name: string, body: () => T): T {
    this.#scope.push(name);
    try {
      return body();
    } finally {
      this.#scope.pop();
    }
  }

  /** A tensor given anew at each run. */
  input(name: string, shape: Shape): Value {
    const value = this.#value(shape);
    this.#inputs.push({ name, value });
    return value;
  }

  /** A weight, row-major; asking twice for the same name gives the same value, in the shape first asked for. */
  parameter(name: string, shape: Shape): Value {
    const known = this.#parameters.get(name);
    invariant(!known || sizeOf(known.shape) === sizeOf(shape), `parameter ${name} asked for in two sizes`);
    const value = known ?? this.#value(shape);
    this.#parameters.set(name, value);
    this.#parameterNames.set(value, name);
    return value;
  }

  /** The name of a parameter; undefined for any other value. */
  nameOf(value: Value): string | undefined {
    return this.#parameterNames.get(value);
  }

  /** All nodes so far, in the order they were made. */
  get nodes(): readonly Node[] {
    return this.#nodes;
  }

  /** The node that makes a value; undefined for inputs and parameters. */
  producerOf(value: Value): Node | undefined {
    return this.#producers.get(value);
  }

  /** Adds any op; the named methods below are shorthands. What ops mean is in attributes.ts. */
  op<K extends OpName>(op: K, inputs: readonly Value[], attributes: OpAttributes[K]): Value {
    const name = `${this.#scope.join('.')}/${op}#${this.#nodes.length}`;
    const shape = shapeAt(name, op, inputs, attributes);
    const node: NodeOf<K> = {
      op,
      name,
      inputs: Object.freeze([...inputs]),
      attributes,
      output: this.#value(shape),
    };
    const added = Object.freeze(node) as Node;
    this.#nodes.push(added);
    this.#producers.set(node.output, added);
    return node.output;
  }

  #value(shape: Shape): Value {
    return Object.freeze({ id: this.#nextId++, shape: Object.freeze([...shape]) });
  }

  /** Known when the graph is built; row-major. */
  constant(shape: Shape, data: ArrayLike<number>): Value {
    return this.op('constant', [], { shape, data: Float32Array.from(data) });
  }
  scalar(value: number): Value {
    return this.constant([], [value]);
  }

  detach(x: Value): Value {
    return this.op('detach', [x], {});
  }
  neg(x: Value): Value {
    return this.op('neg', [x], {});
  }
  exp(x: Value): Value {
    return this.op('exp', [x], {});
  }
  log(x: Value): Value {
    return this.op('log', [x], {});
  }
  sqrt(x: Value): Value {
    return this.op('sqrt', [x], {});
  }
  sin(x: Value): Value {
    return this.op('sin', [x], {});
  }
  cos(x: Value): Value {
    return this.op('cos', [x], {});
  }
  sigmoid(x: Value): Value {
    return this.op('sigmoid', [x], {});
  }
  silu(x: Value): Value {
    return this.op('silu', [x], {});
  }
  clip(x: Value, min: number, max: number): Value {
    return this.op('clip', [x], { min, max });
  }
  add(a: Value, b: Value): Value {
    return this.op('add', [a, b], {});
  }
  sub(a: Value, b: Value): Value {
    return this.op('sub', [a, b], {});
  }
  mul(a: Value, b: Value): Value {
    return this.op('mul', [a, b], {});
  }
  div(a: Value, b: Value): Value {
    return this.op('div', [a, b], {});
  }
  affine(x: Value, a: Value, b: Value): Value {
    return this.op('affine', [x, a, b], {});
  }
  sum(x: Value, axes: readonly number[]): Value {
    return this.op('sum', [x], { axes });
  }
  mean(x: Value, axes: readonly number[]): Value {
    return this.op('mean', [x], { axes });
  }
  groupMean(x: Value, groups: number): Value {
    return this.op('groupMean', [x], { groups });
  }
  groupMeanSquare(x: Value, groups: number): Value {
    return this.op('groupMeanSquare', [x], { groups });
  }
  softmax(x: Value): Value {
    return this.op('softmax', [x], {});
  }
  reshape(x: Value, shape: Shape): Value {
    return this.op('reshape', [x], { shape });
  }
  transpose(x: Value, order: readonly number[]): Value {
    return this.op('transpose', [x], { order });
  }
  slice(x: Value, axis: number, from: number, to: number): Value {
    return this.op('slice', [x], { axis, from, to });
  }
  concat(parts: readonly Value[], axis: number): Value {
    return this.op('concat', parts, { axis });
  }
  expand(x: Value, shape: Shape): Value {
    return this.op('expand', [x], { shape });
  }
  upsample(x: Value, factor: number): Value {
    return this.op('upsample', [x], { factor });
  }
  averagePool(x: Value, factor: number): Value {
    return this.op('averagePool', [x], { factor });
  }
  matmul(a: Value, b: Value, transposed: { a?: boolean; b?: boolean } = {}): Value {
    return this.op('matmul', [a, b], {
      transposeA: transposed.a ?? false,
      transposeB: transposed.b ?? false,
    });
  }
  conv(x: Value, weight: Value, bias: Value | undefined, stride: number, pads: Pads): Value {
    return this.op('conv', bias ? [x, weight, bias] : [x, weight], { stride, pads });
  }

  /** The graph that computes `outputs`; nodes, parameters (not inputs) that they do not need are left out. */
  finish(name: string, outputs: Readonly<Record<string, Value>>): Graph {
    const needed = new Set<Value>(Object.values(outputs));
    const nodes = this.#nodes
      .toReversed()
      .filter((node) => {
        if (!needed.has(node.output)) return false;
        for (const value of node.inputs) needed.add(value);
        return true;
      })
      .reverse();
    const parameters = [...this.#parameters].filter(([, value]) => needed.has(value));
    return Object.freeze({
      name,
      inputs: Object.freeze([...this.#inputs]),
      parameters: Object.freeze(parameters.map(([parameter, value]) => ({ name: parameter, value }))),
      nodes: Object.freeze(nodes),
      outputs: Object.freeze(Object.entries(outputs).map(([output, value]) => ({ name: output, value }))),
    });
  }
}

/**
 * Checks a whole graph: each node's inputs exist before it and its shape is what its op says. Run on every graph before
 * it is lowered, so that a broken rewrite fails here, by name, and not inside a runtime.
 */
import { invariant } from '../../domain/errors.ts';
import type { Graph, Node, Value } from './ir.ts';
import { shapeAt } from './ops.ts';
import { sameShape, showShape } from './shape.ts';

/** Throws `internal: <graph>: <node>: ...` at the first thing that does not hold. */
export function verify(graph: Graph): void {
  const known = new Set<Value>();
  const names = new Set<string>();
  const declare = (kind: string, name: string): void => {
    invariant(!names.has(name), `${graph.name}: two things are named ${name} (a second ${kind})`);
    names.add(name);
  };
  for (const { name, value } of graph.inputs) {
    declare('input', name);
    known.add(value);
  }
  for (const { name, value } of graph.parameters) {
    declare('parameter', name);
    known.add(value);
  }
  for (const node of graph.nodes) {
    declare('node', node.name);
    checkNode(graph.name, node, known);
    known.add(node.output);
  }
  invariant(graph.outputs.length > 0, `${graph.name}: has no output`);
  for (const { name, value } of graph.outputs) {
    declare('output', name);
    invariant(known.has(value), `${graph.name}: output ${name} is made by no node`);
  }
}

function checkNode(graph: string, node: Node, known: ReadonlySet<Value>): void {
  const where = `${graph}: ${node.name}`;
  node.inputs.forEach((value, i) => {
    invariant(known.has(value), `${where}: input ${i} is not made before it`);
  });
  invariant(!known.has(node.output), `${where}: its output is made twice`);
  const shape = shapeAt(where, node.op, node.inputs, node.attributes);
  invariant(
    sameShape(shape, node.output.shape),
    `${where}: makes ${showShape(shape)}, not ${showShape(node.output.shape)}`,
  );
}

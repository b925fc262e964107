/**
 * A graph as text, one line a node, for snapshots and for reading. Values are numbered in the order they appear, so
 * the same network prints the same text however it was built.
 */
import type { Graph, Node, Value } from './ir.ts';
import { showShape } from './shape.ts';

/** The whole graph as text that ends with a line break. */
export function print(graph: Graph): string {
  const names = new Map<Value, string>();
  const lines = [`graph ${graph.name}`];
  for (const { name, value } of graph.inputs) {
    names.set(value, name);
    lines.push(`  input ${name} ${showShape(value.shape)}`);
  }
  for (const { name, value } of graph.parameters) {
    names.set(value, name);
    lines.push(`  parameter ${name} ${showShape(value.shape)}`);
  }
  graph.nodes.forEach((node, i) => names.set(node.output, `%${i}`));
  const nameOf = (value: Value): string => names.get(value) ?? `<value ${value.id} from elsewhere>`;
  for (const node of graph.nodes) {
    const call = `${node.op}(${node.inputs.map(nameOf).join(', ')})`;
    lines.push(`  ${nameOf(node.output)} = ${call}${showAttributes(node)} ${showShape(node.output.shape)}`);
  }
  for (const { name, value } of graph.outputs) lines.push(`  output ${name} = ${nameOf(value)}`);
  return lines.join('\n') + '\n';
}

function showAttributes(node: Node): string {
  if (node.op === 'constant') {
    const { data } = node.attributes;
    const head = [...data.slice(0, 4)].map((v) => Number(v.toPrecision(6))).join(' ');
    return ` {${head}${data.length > 4 ? ' ...' : ''}}`;
  }
  const shown = Object.entries(node.attributes).map(([key, value]) => `${key} ${JSON.stringify(value)}`);
  return shown.length > 0 ? ` {${shown.join(', ')}}` : '';
}

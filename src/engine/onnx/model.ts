/**
 * ONNX's own vocabulary as plain data (nodes, tensors, a graph) and its encoding as a ModelProto: IR version 10,
 * opset 21, com.microsoft 1. lower.ts turns a Graph of ours into this. Field numbers: onnx.proto of ONNX 1.16.
 */
import { MessageWriter } from './wire.ts';

/** Element types that are used here. */
type OnnxType = keyof typeof ELEMENT;
/** A node's attribute, by the type ONNX wants. */
export type OnnxAttribute =
  | { readonly float: number }
  | { readonly int: number }
  | { readonly ints: readonly number[] }
  | { readonly text: string };

/** One NodeProto; tensors are known by their names. */
export interface OnnxNode {
  readonly name: string;
  readonly op: string;
  /** Absent for ONNX's own ops. */
  readonly domain?: 'com.microsoft' | 'com.microsoft.nchwc';
  /** An empty name stands for an optional input left out. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes?: Readonly<Record<string, OnnxAttribute>>;
}

/** A tensor that goes in or out. */
export interface OnnxValueInfo {
  readonly name: string;
  readonly type: OnnxType;
  readonly shape: readonly number[];
}

/** A constant: small ones carry their bytes, weights name the external file they are passed as. */
export interface OnnxInitializer extends OnnxValueInfo {
  readonly content: { readonly bytes: Uint8Array } | { readonly external: string; readonly length: number };
}

/** One GraphProto. Weights are inputs, or initializers of external data. */
export interface OnnxGraph {
  readonly name: string;
  readonly nodes: readonly OnnxNode[];
  readonly inputs: readonly OnnxValueInfo[];
  readonly outputs: readonly OnnxValueInfo[];
  readonly initializers: readonly OnnxInitializer[];
}

const IR_VERSION = 10;
const OPSET = 21;
/** TensorProto.DataType. */
const ELEMENT = { float32: 1, int64: 7 } as const;
/** AttributeProto.AttributeType. */
const ATTRIBUTE = { float: 1, int: 2, text: 3, ints: 7 } as const;
/** TensorProto.DataLocation. */
const EXTERNAL = 1;

/** The bytes of a ModelProto. */
export function encodeModel(graph: OnnxGraph): Uint8Array {
  const model = new MessageWriter().int(1, IR_VERSION).text(2, 'albumen');
  model.message(7, (g) => writeGraph(g, graph));
  model.message(8, (o) => o.text(1, '').int(2, OPSET));
  if (graph.nodes.some((n) => n.domain === 'com.microsoft'))
    model.message(8, (o) => o.text(1, 'com.microsoft').int(2, 1));
  if (graph.nodes.some((n) => n.domain === 'com.microsoft.nchwc'))
    model.message(8, (o) => o.text(1, 'com.microsoft.nchwc').int(2, 1));
  return model.finish();
}

function writeGraph(out: MessageWriter, graph: OnnxGraph): void {
  for (const node of graph.nodes) out.message(1, (n) => writeNode(n, node));
  out.text(2, graph.name);
  for (const tensor of graph.initializers) out.message(5, (t) => writeTensor(t, tensor));
  for (const info of graph.inputs) out.message(11, (v) => writeValueInfo(v, info));
  for (const info of graph.outputs) out.message(12, (v) => writeValueInfo(v, info));
}

function writeNode(out: MessageWriter, node: OnnxNode): void {
  for (const name of node.inputs) out.text(1, name);
  for (const name of node.outputs) out.text(2, name);
  out.text(3, node.name).text(4, node.op);
  for (const [name, value] of Object.entries(node.attributes ?? {})) {
    out.message(5, (a) => writeAttribute(a.text(1, name), value));
  }
  if (node.domain) out.text(7, node.domain);
}

function writeAttribute(out: MessageWriter, value: OnnxAttribute): void {
  if ('float' in value) out.float(2, value.float).int(20, ATTRIBUTE.float);
  else if ('int' in value) out.int(3, value.int).int(20, ATTRIBUTE.int);
  else if ('text' in value) out.text(4, value.text).int(20, ATTRIBUTE.text);
  else {
    for (const i of value.ints) out.int(8, i);
    out.int(20, ATTRIBUTE.ints);
  }
}

function writeTensor(out: MessageWriter, tensor: OnnxInitializer): void {
  for (const d of tensor.shape) out.int(1, d);
  out.int(2, ELEMENT[tensor.type]).text(8, tensor.name);
  const { content } = tensor;
  if ('bytes' in content) {
    out.bytes(9, content.bytes);
    return;
  }
  const entry = (key: string, value: string): MessageWriter =>
    out.message(13, (e) => e.text(1, key).text(2, value));
  entry('location', content.external);
  entry('offset', '0');
  entry('length', String(content.length));
  out.int(14, EXTERNAL);
}

function writeValueInfo(out: MessageWriter, info: OnnxValueInfo): void {
  out.text(1, info.name);
  out.message(2, (type) =>
    type.message(1, (tensor) => {
      tensor.int(1, ELEMENT[info.type]);
      tensor.message(2, (shape) => {
        for (const d of info.shape) shape.message(1, (dim) => dim.int(1, d));
      });
    }),
  );
}

/**
 * Graph -> ONNX model. This file drives; plain.ts says what each op is in standard ONNX, blocked.ts what some of them are
 * in the CPU's blocked order, emit.ts keeps the half-written model, and model.ts writes the bytes.
 */
import type { OpName } from '../graph/attributes.ts';
import type { Graph, Node, NodeOf, Value } from '../graph/ir.ts';
import { sizeOf } from '../graph/shape.ts';
import { verify } from '../graph/verify.ts';
import { blockedLowerings } from './blocked.ts';
import { Emitter } from './emit.ts';
import type { BlockedLowering, Consumers, Dialect, ParameterUse, PlainLowering } from './emit.ts';
import { encodeModel } from './model.ts';
import type { OnnxGraph, OnnxInitializer, OnnxNode } from './model.ts';
import { plainLowerings } from './plain.ts';

const FLOAT_BYTES = 4;

/** For which provider a model is written, and how its weights reach it. */
interface LowerOptions {
  readonly dialect: Dialect;
  /**
   * `inputs`: weights are passed at each run, so that many models share one copy (CPU). `initializers`: weights are
   * external data, given once in memory when the session is made (GPU providers, which keep them on the device).
   */
  readonly weights: 'inputs' | 'initializers';
  /** Parameters that change from run to run: passed at each run, row-major, and arranged in the graph. */
  readonly live?: ReadonlySet<string>;
}

/** What a runtime needs to open a session: the model, and which weights to pass or give it. */
export interface LoweredModel {
  /** A ModelProto without any weight in it. */
  readonly bytes: Uint8Array;
  readonly graph: OnnxGraph;
  readonly parameters: readonly ParameterUse[];
}

/** The graph as a model for a provider. Throws `internal: ...` for a graph that does not verify. */
export function lower(graph: Graph, options: LowerOptions): LoweredModel {
  verify(graph);
  const emitter = new Emitter(options.dialect, graph, options.live ?? new Set());
  const consumers = consumersOf(graph);
  for (const node of graph.nodes) lowerNode(emitter, node, consumers);
  const outputs = graph.outputs.map(({ name, value }) => emitter.output(value, name));
  const parameters = [...emitter.uses.values()];
  const infos = parameters.map(
    ({ onnxName, onnxShape }) => ({ name: onnxName, type: 'float32', shape: onnxShape }) as const,
  );
  const live = graph.parameters.filter(({ name }) => options.live?.has(name));
  const inputs = [...graph.inputs, ...live].map(
    ({ name, value }) => ({ name, type: 'float32', shape: value.shape }) as const,
  );
  const external = infos.map((info): OnnxInitializer => {
    return { ...info, content: { external: info.name, length: FLOAT_BYTES * sizeOf(info.shape) } };
  });
  const asInputs = options.weights === 'inputs';
  const onnx: OnnxGraph = {
    name: graph.name,
    nodes: neededNodes(
      emitter.nodes,
      graph.outputs.map(({ name }) => name),
    ),
    inputs: asInputs ? [...inputs, ...infos] : inputs,
    outputs,
    initializers: asInputs ? emitter.initializers : [...emitter.initializers, ...external],
  };
  return { bytes: encodeModel(onnx), graph: onnx, parameters };
}

/** The nodes that the outputs need. */
function neededNodes(nodes: readonly OnnxNode[], outputs: readonly string[]): OnnxNode[] {
  const needed = new Set(outputs);
  return nodes
    .toReversed()
    .filter((node) => {
      if (!node.outputs.some((name) => needed.has(name))) return false;
      for (const name of node.inputs) needed.add(name);
      return true;
    })
    .reverse();
}

function consumersOf(graph: Graph): Consumers {
  const consumers = new Map<Value, (Node | 'output')[]>();
  const note = (value: Value, reader: Node | 'output'): void => {
    const known = consumers.get(value);
    if (known) known.push(reader);
    else consumers.set(value, [reader]);
  };
  for (const node of graph.nodes) for (const value of node.inputs) note(value, node);
  for (const { value } of graph.outputs) note(value, 'output');
  return consumers;
}

function lowerNode<K extends OpName>(emitter: Emitter, node: NodeOf<K>, consumers: Consumers): void {
  emitter.at(node.name);
  const blocked: BlockedLowering<K> | undefined = blockedLowerings[node.op];
  if (blocked?.(emitter, node, consumers)) return;
  const plain: PlainLowering<K> = plainLowerings[node.op];
  emitter.setPlain(node.output, plain(emitter, node));
}

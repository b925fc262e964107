/**
 * The networks the benches run, by the names used in docs/performance.md, with weights made up on the spot.
 * Speed does not depend on the values as long as they stay ordinary numbers.
 */
import type { Graph } from '../src/engine/graph/ir.ts';
import { sizeOf } from '../src/engine/graph/shape.ts';
import type { AdmConfig } from '../src/engine/nn/unet-adm.ts';
import type { WeightSource } from '../src/engine/runtime/session.ts';

const common = {
  kind: 'adm',
  outChannels: 3,
  heads: { count: 1 },
  qkvOrder: 'legacy',
  scaleShiftNorm: true,
  resblockUpDown: true,
  patch: 1,
  groups: 32,
} as const;

/** s64 14.8 M, m128 15.6 M, adm256 131.7 M parameters (the layout of gen2res's base model). */
export const nets = {
  s64: {
    ...common,
    imageSize: 64,
    modelChannels: 64,
    channelMult: [1, 2, 2, 4],
    resBlocks: 1,
    attentionLevels: [2, 3],
  },
  m128: {
    ...common,
    imageSize: 128,
    modelChannels: 64,
    channelMult: [1, 1, 2, 2, 4],
    resBlocks: 1,
    attentionLevels: [3, 4],
  },
  adm256: {
    ...common,
    imageSize: 256,
    modelChannels: 128,
    channelMult: [1, 1, 2, 2, 4, 4],
    resBlocks: 2,
    attentionLevels: [4],
  },
} as const satisfies Record<string, AdmConfig>;
export type NetName = keyof typeof nets;

export function isNetName(name: string | undefined): name is NetName {
  return name !== undefined && Object.hasOwn(nets, name);
}

/** Small made-up weights, the same for the same name. */
export const madeUpWeights: WeightSource = {
  id: 'made up',
  readInto(name, target) {
    let state = name.length + 1;
    for (let i = 0; i < target.length; i++) {
      state = (Math.imul(state, 1664525) + 1013904223) | 0;
      target[i] = (state / 2 ** 31) * 0.03;
    }
  },
};

/** Multiplications and additions of the convolutions and matrix products in a graph, in GFLOP. */
export function gigaFlops(graph: Graph): number {
  let flops = 0;
  for (const node of graph.nodes) {
    const [x, w] = node.inputs;
    if (node.op === 'conv') flops += 2 * sizeOf(node.output.shape) * sizeOf(w!.shape.slice(1));
    if (node.op === 'matmul')
      flops += 2 * sizeOf(node.output.shape) * x!.shape.at(node.attributes.transposeA ? -2 : -1)!;
  }
  return flops / 1e9;
}

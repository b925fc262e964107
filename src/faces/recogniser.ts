/**
 * How alike two faces are, by a network that turns an aligned face into numbers: evidence for or against a restoration.
 * The network is given (restoration/open-recogniser.ts opens one); align.ts has the map of its crop.
 */
import { invariant } from '../domain/errors.ts';
import { ARCFACE_SIDE } from './align.ts';

/** [1,3,112,112], RGB 0..255 planar, to an embedding [D] of any length. */
export type EmbeddingNetwork = (face: Float32Array) => Promise<Float32Array>;

export interface Recogniser {
  readonly name: string;
  /** A crop [3,112,112] in [-1,1], cut by arcfaceMap, to an embedding of length 1. */
  embed(crop: Float32Array): Promise<Float32Array>;
}

/** Rejects with `internal:` where the network puts out no direction. */
export function recogniserOf(name: string, network: EmbeddingNetwork): Recogniser {
  return {
    name,
    async embed(crop) {
      invariant(crop.length === 3 * ARCFACE_SIDE ** 2, `a crop of ${crop.length} values`);
      return normalised(await network(crop.map((value) => (value + 1) * 127.5)));
    },
  };
}

/** Cosine of two embeddings of length 1: 1 is the same, about 0 another person's. */
export function likeness(a: Float32Array, b: Float32Array): number {
  invariant(a.length === b.length, 'embeddings of one recogniser');
  return a.reduce((sum, value, i) => sum + value * b[i]!, 0);
}

/** The direction of the mean of several embeddings: a person, from an album. */
export function meanEmbedding(embeddings: readonly Float32Array[]): Float32Array {
  const [first] = embeddings;
  invariant(first, 'an album has a photo');
  const sum = new Float32Array(first.length);
  for (const embedding of embeddings) embedding.forEach((value, i) => (sum[i] = sum[i]! + value));
  return normalised(sum);
}

function normalised(vector: Float32Array): Float32Array {
  const length = Math.hypot(...vector);
  invariant(Number.isFinite(length) && length > 0, 'an embedding with a direction');
  return vector.map((value) => value / length);
}

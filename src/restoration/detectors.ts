/**
 * Opens a face detector: the bundled network through this engine, or a YuNet file of the user's; and gives either a
 * photograph to look at. faces/pyramid.ts is how a photo is searched, engine/nn/face-detector.ts the bundled network.
 */
import { join } from 'node:path';
import { invariant } from '../domain/errors.ts';
import { readDetectorWeights } from '../engine/nn/face-detector-weights.ts';
import { STRIDES, detectorGraph, squaresOf } from '../engine/nn/face-detector.ts';
import { refinerGraph } from '../engine/nn/face-refiner.ts';
import { openModel } from '../engine/runtime/ort-model.ts';
import type { Executable, Runtime, WeightSource } from '../engine/runtime/session.ts';
import type { FaceMap } from '../faces/decode.ts';
import type { FaceDetector, PixelSource } from '../faces/face.ts';
import { networkDetector } from '../faces/network.ts';
import type { DetectorNetwork, DetectorNetworks } from '../faces/network.ts';
import { yunetDetector } from '../faces/yunet.ts';
import type { Photograph } from '../imaging/photograph.ts';
import { readScaled } from '../imaging/photograph/scaled.ts';

export type DetectorChoice = 'bundled' | { readonly yunet: string };

export interface OpenDetector extends FaceDetector {
  release(): Promise<void>;
}

/** Where the bundled detector is, found from this file. */
export const BUNDLED_DETECTOR = join(
  import.meta.dirname,
  '../../resources/models/face-detector/detector.safetensors',
);

/** Compiled sizes that are kept: the looks at one photo, and the last one's. */
const KEPT = 6;

/**
 * The detector of `choice`; `weights` is the bundled one's file. YuNet runs on the CPU whatever `runtime` is. Throws
 * UserError `checkpoint.unreadable`, `checkpoint.mismatch` or `model.unsupported`. Release it before the runtime.
 */
export async function openDetector(
  choice: DetectorChoice,
  runtime: Runtime,
  weights = BUNDLED_DETECTOR,
): Promise<OpenDetector> {
  if (choice === 'bundled') {
    const networks = openDetectorNetwork(runtime, weights);
    return { ...networkDetector('Albumen', networks), release: () => networks.release() };
  }
  const model = await openModel(choice.yunet);
  return { ...yunetDetector(model), release: () => model.release() };
}

/** The bundled networks by themselves. Throws as openDetector does. */
export function openDetectorNetwork(
  runtime: Runtime,
  weights = BUNDLED_DETECTOR,
): DetectorNetworks & { release(): Promise<void> } {
  const source = readDetectorWeights(weights);
  const search = new SizedNetwork(runtime, source);
  let refiner: Promise<Executable> | undefined;
  return {
    search: (picture, width, height) => search.run(picture, width, height),
    async refine(crop) {
      refiner ??= runtime.compile(refinerGraph(1), source);
      const { out } = await (await refiner).run({ crop });
      invariant(out, 'the network has an output');
      return out;
    },
    async release() {
      await search.release();
      await (await refiner)?.release();
      refiner = undefined;
    },
  };
}

/** A photograph as detectors look at it. */
export function pixelSourceOf(photo: Photograph): PixelSource {
  const { width, height } = photo;
  return { width, height, read: (area, w, h) => readScaled(photo, area, w, h) };
}

/** The network for the sizes of late; the one not used for longest goes when there are too many. */
class SizedNetwork {
  readonly #runtime: Runtime;
  readonly #weights: WeightSource;
  readonly #compiled = new Map<string, Executable>();

  constructor(runtime: Runtime, weights: WeightSource) {
    this.#runtime = runtime;
    this.#weights = weights;
  }

  async run(...[picture, width, height]: Parameters<DetectorNetwork>): Promise<FaceMap[]> {
    const network = await this.#for(width, height);
    const out = await network.run({ squares: squaresOf(picture, width, height) });
    return STRIDES.map((stride) => {
      const data = out[`map${stride}`];
      invariant(data, `the network puts out a map of stride ${stride}`);
      return { stride, columns: width / stride, rows: height / stride, data };
    });
  }

  async #for(width: number, height: number): Promise<Executable> {
    const key = `${width} x ${height}`;
    const known = this.#compiled.get(key);
    this.#compiled.delete(key);
    const network = known ?? (await this.#runtime.compile(detectorGraph(1, width, height), this.#weights));
    this.#compiled.set(key, network);
    for (const [old, executable] of this.#compiled) {
      if (this.#compiled.size <= KEPT) break;
      this.#compiled.delete(old);
      await executable.release();
    }
    return network;
  }

  async release(): Promise<void> {
    const all = [...this.#compiled.values()];
    this.#compiled.clear();
    for (const network of all) await network.release();
  }
}

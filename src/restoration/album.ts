/**
 * A person's album as a recogniser sees it: the mean of its photos' embeddings. evidence.ts compares faces with it.
 * The photos are aligned crops; their landmarks are found, or taken from where the alignment puts them.
 */
import { invariant } from '../domain/errors.ts';
import type { Landmarks } from '../faces/align.ts';
import type { FaceDetector } from '../faces/face.ts';
import { meanEmbedding } from '../faces/recogniser.ts';
import type { Recogniser } from '../faces/recogniser.ts';
import type { Photograph } from '../imaging/photograph.ts';
import { toRaster } from '../imaging/pixels.ts';
import { recogniserCrop } from './crops.ts';
import { pixelSourceOf } from './detectors.ts';

/** Usual landmarks of an aligned crop, in shares of its side. */
const USUAL = [
  [0.385, 0.475],
  [0.615, 0.475],
  [0.5, 0.62],
  [0.41, 0.735],
  [0.59, 0.735],
] as const;

/** The mean embedding of aligned crops [3,S,S] in [-1,1]; at least one. */
export async function embedAlbum(
  images: readonly Float32Array[],
  recogniser: Recogniser,
  detector: FaceDetector | undefined,
): Promise<Float32Array> {
  const embeddings: Float32Array[] = [];
  for (const image of images) {
    const source = pixelSourceOf(asPhotograph(image));
    const [best] = detector ? await detector.detect(source) : [];
    const landmarks = best ? best.landmarks : usualIn(source.width);
    const box = { left: 0, top: 0, width: source.width, height: source.height };
    const crop = await recogniserCrop(source, { kind: 'face', landmarks: [...landmarks], box });
    invariant(crop, 'a face has landmarks');
    embeddings.push(await recogniser.embed(crop));
  }
  return meanEmbedding(embeddings);
}

function usualIn(side: number): Landmarks {
  const at = (i: 0 | 1 | 2 | 3 | 4) => ({ x: USUAL[i][0] * side, y: USUAL[i][1] * side });
  return [at(0), at(1), at(2), at(3), at(4)];
}

function asPhotograph(image: Float32Array): Photograph {
  const { width, height, data } = toRaster(image);
  const source = { path: '', format: 'png', width, height, orientation: 1, pages: 1 } as const;
  return { width, height, channels: 3, depth: 8, data, source };
}

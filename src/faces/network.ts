/**
 * The bundled detector: one network searches a picture made grey and filled up to a size it takes (pyramid.ts goes through
 * the photo), another looks at each finding closely (refine.ts). restoration/detectors.ts gives both networks.
 */
import type { Pixels } from './align.ts';
import { decodeFaces } from './decode.ts';
import type { FaceMap } from './decode.ts';
import type { Face, FaceDetector } from './face.ts';
import { greyPlane } from './grey.ts';
import { pyramidDetector } from './pyramid.ts';
import { refined } from './refine.ts';
import type { RefinerNetwork } from './refine.ts';

/** The maps of a grey picture [height,width] in [-1,1] whose sides are multiples of 32. */
export type DetectorNetwork = (
  picture: Float32Array,
  width: number,
  height: number,
) => Promise<readonly FaceMap[]>;

/** Cells below this are no finding at all. */
export const LEAST_SCORE = 0.35;

/** The two networks of the bundled detector. */
export interface DetectorNetworks {
  readonly search: DetectorNetwork;
  readonly refine: RefinerNetwork;
}

/** Below this a closer look says that it was none. */
const LEAST_CLOSE = 0.5;
/** Below this (the root of both networks' scores multiplied) it is no face. */
const LEAST_BOTH = 0.81;
/** Findings that are looked at closely: the best ones. */
const MOST_CLOSE = 500;

/** Searches a photo, then looks at each finding closely. */
export function networkDetector(name: string, { search, refine }: DetectorNetworks): FaceDetector {
  const searcher = pyramidDetector(name, (picture) => lookWith(search, picture));
  return {
    name,
    async detect(photo, options = {}) {
      const faces: Face[] = [];
      for (const found of (await searcher.detect(photo, options)).slice(0, MOST_CLOSE)) {
        options.signal?.throwIfAborted();
        const face = await refined(refine, photo, found, LEAST_CLOSE);
        if (face && face.score >= LEAST_BOTH) faces.push(face);
      }
      return faces.sort((p, q) => q.score - p.score);
    },
  };
}

/** All findings in one small picture. */
export async function lookWith(network: DetectorNetwork, picture: Pixels): Promise<Face[]> {
  const [width, height] = [filled(picture.width), filled(picture.height)];
  const maps = await network(greyPlane(picture, width, height).data, width, height);
  return maps.flatMap((map) => decodeFaces(map, LEAST_SCORE));
}

/** Few sizes, since each costs the network a compilation: multiples of 32 up to 256 pixels, of 64 above. */
export function filled(side: number): number {
  const step = side <= 256 ? 32 : 64;
  return step * Math.ceil(side / step);
}

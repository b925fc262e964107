/**
 * What finding faces is about: a face, the photo it is looked for in, and whoever can find it. network-detector.ts finds
 * faces with a network over tiles.ts; yunet.ts does it with somebody else's network.
 */
import type { Landmarks, Pixels } from './align.ts';

/** A rectangle in pixels of the photo. */
export interface Box {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

export interface Face {
  /** 0..1. */
  readonly score: number;
  readonly box: Box;
  readonly landmarks: Landmarks;
}

/** Where pixels come from: a photo that is never wholly copied. */
export interface PixelSource {
  readonly width: number;
  readonly height: number;
  /** `area` (whole pixels inside the photo) at `width` x `height`, through a low-pass filter where that is smaller. */
  read(area: Box, width: number, height: number): Promise<Pixels>;
}

export interface FaceDetector {
  readonly name: string;
  /**
   * Best first, overlaps removed; of a photo of any size, in bounded memory. Rejects with the signal's reason where it
   * is aborted.
   */
  detect(photo: PixelSource, options?: { readonly signal?: AbortSignal }): Promise<Face[]>;
}

/**
 * A detector for photos of any size from one for a single small picture: it looks at every tile of tiles.ts, one at a time,
 * and makes one face of what several looks found (overlap.ts). network.ts and yunet.ts are what looks.
 */
import type { Landmarks, Pixels, Point } from './align.ts';
import type { Box, Face, FaceDetector, PixelSource } from './face.ts';
import { merged } from './overlap.ts';
import { shrunk } from './shrink.ts';
import { isCut, levelsOf } from './tiles.ts';
import type { Level } from './tiles.ts';

/** Finds faces in one picture held in memory; overlapping findings of one face may be among them. */
export type Look = (picture: Pixels) => Promise<readonly Face[]>;

/** Findings kept of a photo before they are merged: more than any crowd has. */
const MOST = 4000;

/**
 * The photo is read once, at most 2560 pixels along a side; coarser levels are made of that. Memory is bounded by these
 * (26 MB) and MOST findings; between tiles the signal is looked at. Faces of 20 pixels and more in a tile are found, so
 * down to 0.8 % of the photo's long side, and of any size above that.
 */
export function pyramidDetector(name: string, look: Look): FaceDetector {
  return {
    name,
    async detect(photo, { signal } = {}) {
      let found: Face[] = [];
      let finer: Pixels | undefined;
      for (const level of levelsOf(photo)) {
        signal?.throwIfAborted();
        const { width, height } = level;
        const picture: Pixels = finer
          ? shrunk(finer, width, height)
          : await photo.read({ left: 0, top: 0, width: photo.width, height: photo.height }, width, height);
        for (const tile of level.tiles) {
          signal?.throwIfAborted();
          const seen = await look(part(picture, tile));
          const whole = seen.filter(({ box }) => !isCut(box, tile, level));
          found.push(...whole.map((face) => inPhoto(face, tile, level, photo)));
          if (found.length > MOST) found = best(found);
        }
        finer = picture;
      }
      return merged(found).filter((face) => isInside(face, photo));
    },
  };
}

function best(found: readonly Face[]): Face[] {
  return found.toSorted((p, q) => q.score - p.score).slice(0, MOST);
}

/** A copy of the tile's pixels; the picture itself where the tile is all of it. */
function part(picture: Pixels, { left, top, width, height }: Box): Pixels {
  if (width === picture.width && height === picture.height) return picture;
  const data = new Uint8Array(3 * width * height);
  for (let y = 0; y < height; y++) {
    const from = 3 * ((top + y) * picture.width + left);
    data.set(picture.data.subarray(from, from + 3 * width), 3 * y * width);
  }
  return { width, height, data };
}

function inPhoto({ score, box, landmarks }: Face, tile: Box, level: Level, photo: PixelSource): Face {
  const [sx, sy] = [photo.width / level.width, photo.height / level.height];
  const point = ({ x, y }: Point): Point => ({ x: sx * (tile.left + x), y: sy * (tile.top + y) });
  const [a, b, c, d, e] = landmarks;
  const moved: Landmarks = [point(a), point(b), point(c), point(d), point(e)];
  const { x: left, y: top } = point({ x: box.left, y: box.top });
  return {
    score,
    box: { left, top, width: sx * box.width, height: sy * box.height },
    landmarks: moved,
  };
}

/** Its middle is in the photo: a padded tile may hold findings beyond the edge. */
function isInside({ box }: Face, { width, height }: PixelSource): boolean {
  const [x, y] = [box.left + box.width / 2, box.top + box.height / 2];
  return x >= 0 && y >= 0 && x < width && y < height;
}

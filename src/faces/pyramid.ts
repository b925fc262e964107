/**
 * A detector for photos of any size from one for a single small picture: it looks at every tile of tiles.ts, one at a time,
 * and makes one face of what several looks found (overlap.ts). network.ts and yunet.ts are what looks.
 */
import type { Landmarks, Pixels, Point } from './align.ts';
import type { Face, FaceDetector, PixelSource } from './face.ts';
import { merged } from './overlap.ts';
import { isCut, tilesOf } from './tiles.ts';
import type { Tile } from './tiles.ts';

/** Finds faces in one picture held in memory; overlapping findings of one face may be among them. */
export type Look = (picture: Pixels) => Promise<readonly Face[]>;

/** Findings kept of a photo before they are merged: more than any crowd has. */
const MOST = 4000;

/**
 * Memory is bounded by one tile (1280 x 1280 pixels) and MOST findings; between tiles the signal is looked at. Faces of 20
 * pixels and more in a tile are found, so down to 0.8 % of the photo's long side, and of any size above that.
 */
export function pyramidDetector(name: string, look: Look): FaceDetector {
  return {
    name,
    async detect(photo, { signal } = {}) {
      let found: Face[] = [];
      for (const tile of tilesOf(photo)) {
        signal?.throwIfAborted();
        const picture = await photo.read(tile.area, tile.width, tile.height);
        signal?.throwIfAborted();
        const seen = (await look(picture)).map((face) => inPhoto(face, tile));
        found.push(...seen.filter(({ box }) => !isCut(box, tile, photo)));
        if (found.length > MOST) found = best(found);
      }
      return merged(found).filter((face) => isInside(face, photo));
    },
  };
}

function best(found: readonly Face[]): Face[] {
  return found.toSorted((p, q) => q.score - p.score).slice(0, MOST);
}

function inPhoto({ score, box, landmarks }: Face, { area, width, height }: Tile): Face {
  const [sx, sy] = [area.width / width, area.height / height];
  const point = ({ x, y }: Point): Point => ({ x: area.left + sx * x, y: area.top + sy * y });
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

/**
 * Grain for what was made up: the fine residue of sound pixels a little way off, so that a filled scratch is not a smooth
 * worm in a grainy picture. fill.ts is the user.
 */
import type { Filters } from './opencv.ts';

interface Extent {
  readonly width: number;
  readonly height: number;
}
type Plane = Uint8Array | Uint16Array;

/** Where a group of holes may borrow: so far away, in so many directions. */
const DISTANCES = [5, 8, 12, 18, 28, 40];
const DIRECTIONS = 12;
/** A group's places are judged by at most this many of its pixels. */
const SAMPLES = 150;
/** Grain is what differs from the mean of this many pixels to each side, but never by more than so many deviations. */
const REACH = 2;
const DEVIATIONS = 2.5;

/**
 * For every hole pixel the sound pixel whose grain it takes, as an index; -1 for others and where there is none. All
 * pixels of a connected group look the same way if they can, so that grain keeps its own structure, and towards where
 * the picture is calmest, so that no detail is copied.
 */
export function grainSources(plane: Plane, holes: Uint8Array, size: Extent, filters: Filters): Int32Array {
  const sources = new Int32Array(holes.length).fill(-1);
  const { labels, count } = filters.components(holes, size);
  const groups = Array.from({ length: count }, (): number[] => []);
  for (let p = 0; p < labels.length; p++) if (labels[p]) groups[labels[p]!]!.push(p);
  for (const group of groups.slice(1)) {
    const stride = Math.ceil(group.length / SAMPLES);
    const sample = group.filter((_, i) => i % stride === 0);
    const offsets = OFFSETS.map(([dx, dy]) => ({ dx, dy, cost: costOf(plane, holes, size, sample, dx, dy) }));
    offsets.sort((a, b) => a.cost - b.cost);
    for (const p of group)
      for (const { dx, dy } of offsets) {
        const q = moved(p, dx, dy, size);
        if (q < 0 || holes[q]) continue;
        sources[p] = q;
        break;
      }
  }
  return sources;
}

/** The grain that each hole pixel takes, [height,width] in the plane's units; 0 elsewhere. */
export function grainOf(plane: Plane, holes: Uint8Array, size: Extent, sources: Int32Array): Float32Array {
  const grain = new Float32Array(holes.length);
  const sizes: number[] = [];
  for (let p = 0; p < sources.length; p++) {
    const q = sources[p]!;
    if (q < 0) continue;
    grain[p] = residue(plane, holes, size, q);
    sizes.push(Math.abs(grain[p]!));
  }
  sizes.sort((a, b) => a - b);
  // The median size of normal values is 0.6745 deviations.
  const most = (DEVIATIONS * (sizes[sizes.length >> 1] ?? 0)) / 0.6745;
  for (let p = 0; p < grain.length; p++) grain[p] = Math.max(-most, Math.min(most, grain[p]!));
  return grain;
}

const OFFSETS: readonly (readonly [number, number])[] = DISTANCES.flatMap((distance) =>
  Array.from({ length: DIRECTIONS }, (_, i) => {
    const angle = (2 * Math.PI * (i + 0.5)) / DIRECTIONS;
    return [Math.round(distance * Math.cos(angle)), Math.round(distance * Math.sin(angle))] as const;
  }),
);

/** The mean size of the grain there, and what counts more, the part of the group that would find none. */
function costOf(
  plane: Plane,
  holes: Uint8Array,
  size: Extent,
  sample: readonly number[],
  dx: number,
  dy: number,
): number {
  let sum = 0;
  let found = 0;
  for (const p of sample) {
    const q = moved(p, dx, dy, size);
    if (q < 0 || holes[q]) continue;
    sum += Math.abs(residue(plane, holes, size, q));
    found++;
  }
  if (found === 0) return Infinity;
  const top = plane instanceof Uint16Array ? 65535 : 255;
  return (top * (sample.length - found)) / sample.length + sum / found;
}

/** The pixel (dx, dy) away, or -1 outside. */
function moved(p: number, dx: number, dy: number, { width, height }: Extent): number {
  const [x, y] = [(p % width) + dx, Math.floor(p / width) + dy];
  return x < 0 || y < 0 || x >= width || y >= height ? -1 : y * width + x;
}

/** A sound pixel less the mean of the sound pixels around it. */
function residue(plane: Plane, holes: Uint8Array, { width, height }: Extent, q: number): number {
  const [x, y] = [q % width, Math.floor(q / width)];
  let sum = 0;
  let count = 0;
  for (let ny = Math.max(0, y - REACH); ny <= Math.min(height - 1, y + REACH); ny++)
    for (let nx = Math.max(0, x - REACH); nx <= Math.min(width - 1, x + REACH); nx++) {
      const n = ny * width + nx;
      if (holes[n]) continue;
      sum += plane[n]!;
      count++;
    }
  return plane[q]! - sum / count;
}

/**
 * A photo's grain: measured octave by octave where the photo is flat, and made anew, seeded, where a restored face lacks
 * it, for a face without grain in a photo with grain looks pasted. octaves.ts splits; paste.ts is the user.
 */
import { random } from '../random.ts';
import { BlockOctaves, OCTAVES, REACH, gainsFor, likeGrain, octavesOf } from './octaves.ts';
import { quantile } from './planes.ts';

/** Part of a photo as planes [channels,height,width] in [-1,1]; one channel stands for three that are equal. */
export interface Planes {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 3;
  readonly data: Float32Array;
}

/** Variances of an octave, [component][octave]: brightness and two colours, or the one channel. */
export type Grain = readonly (readonly number[])[];

/** The side of a block that grain is measured in; the patch around it lets its octaves look REACH further. */
const BLOCK = 12;
const PATCH = BLOCK + 2 * REACH;
/** Of the blocks, this share with the least structure is looked at, and there this share of the energies is less. */
const FLAT = 0.25;
const TYPICAL = 0.3;
/** What that share's variance is of the true one, of white noise: blocks of so few pixels vary. */
const SHY = 0.82;
const MOST_BLOCKS = 150;
/** Fewer flat blocks say nothing. */
const LEAST_BLOCKS = 3;
/** Burnt out or black: grain cannot be seen there. */
const CLIPPED = 0.94;

const S2 = Math.SQRT1_2;
const S3 = 1 / Math.sqrt(3);
const S6 = 1 / Math.sqrt(6);
/** Orthonormal rows, so that noise that is independent in R, G, B is independent in the components too. */
const COMPONENTS = [
  [S3, S3, S3],
  [S2, 0, -S2],
  [-S6, 2 * S6, -S6],
] as const;

/** Top left corners of blocks, as offsets into a plane, all of whose patch lies in the picture. */
export type Blocks = readonly number[];

/** Blocks over which `weight` [height,width] is at least `low` and at most `high`, evenly spread, MOST_BLOCKS at most, none on damage. */
export function blocksWhere(
  { width, height }: Pick<Planes, 'width' | 'height'>,
  weight: Float32Array,
  low: number,
  high: number,
  damage?: Float32Array,
): Blocks {
  const fits: number[] = [];
  const step = Math.max(BLOCK / 2, Math.floor(Math.sqrt((width * height) / (4 * MOST_BLOCKS))));
  const half = BLOCK >> 1;
  for (let y = REACH; y + BLOCK + REACH <= height; y += step)
    for (let x = REACH; x + BLOCK + REACH <= width; x += step) {
      let fit = true;
      for (let j = 0; j <= BLOCK && fit; j += half)
        for (let i = 0; i <= BLOCK && fit; i += half) {
          const p = (y + j) * width + x + i;
          fit = weight[p]! >= low && weight[p]! <= high && !(damage && damage[p]! > 0);
        }
      if (fit) fits.push(y * width + x);
    }
  const every = Math.ceil(fits.length / MOST_BLOCKS);
  return fits.filter((_, i) => i % every === 0);
}

/** The grain of the flat ones among `blocks`; undefined where there are too few to tell. */
export function measureGrain(picture: Planes, blocks: Blocks): Grain | undefined {
  const { channels } = picture;
  const split = new BlockOctaves(BLOCK);
  const bright = blocks
    .map((block) => {
      const octaves = split.of(componentOf(picture, block, 0));
      const [mean, spread] = spreadOf(octaves[OCTAVES]!);
      // Fine texture is no flatness either: 4 makes as much of grain as of a slope that is 4 times as strong.
      const structure = spread + 4 * energyOf(octaves[0]!) + 4 * energyOf(octaves[1]!);
      return { block, octaves, mean: channels === 1 ? mean : mean * S3, structure };
    })
    .filter(({ mean }) => Math.abs(mean) <= CLIPPED);
  if (bright.length < LEAST_BLOCKS) return undefined;
  bright.sort((one, other) => one.structure - other.structure);
  const flat = bright.slice(0, Math.max(LEAST_BLOCKS, Math.ceil(FLAT * bright.length)));
  return Array.from({ length: channels }, (_, component) => {
    const own = flat.map(({ block, octaves }) =>
      component === 0 ? octaves : split.of(componentOf(picture, block, component)),
    );
    const typical = Array.from(
      { length: OCTAVES },
      (__, octave) =>
        quantile(
          Float64Array.from(own, (bands) => energyOf(bands[octave]!)),
          TYPICAL,
        ) / SHY,
    );
    return likeGrain(typical);
  });
}

/** A component (the one channel, or a row of COMPONENTS) of the patch around a block. */
function componentOf(
  { width, height, channels, data }: Planes,
  block: number,
  component: number,
): Float32Array {
  const patch = new Float32Array(PATCH * PATCH);
  const first = block - REACH * width - REACH;
  for (let c = 0; c < channels; c++) {
    const share = channels === 1 ? 1 : COMPONENTS[component]![c]!;
    for (let y = 0; y < PATCH; y++) {
      const row = c * width * height + first + y * width;
      for (let x = 0; x < PATCH; x++) patch[y * PATCH + x] = patch[y * PATCH + x]! + share * data[row + x]!;
    }
  }
  return patch;
}

/** The variance of a block's octave, robust: (median |x| / 0.6745)^2, so that an edge weighs little. */
function energyOf(octave: Float32Array): number {
  const sizes = new Float64Array(octave.length);
  for (let p = 0; p < octave.length; p++) sizes[p] = Math.abs(octave[p]!);
  return (quantile(sizes, 0.5) / 0.6745) ** 2;
}

/** Mean and variance over a block. */
function spreadOf(block: Float32Array): [number, number] {
  let [sum, squares] = [0, 0];
  for (const value of block) {
    sum += value;
    squares += value ** 2;
  }
  const mean = sum / block.length;
  return [mean, squares / block.length - mean * mean];
}

export function totalOf(grain: Grain): number {
  return grain.reduce((sum, octaves) => sum + octaves.reduce((a, b) => a + b, 0), 0);
}

export const TILE = 192;

/**
 * Grain of the variances given, as channels [channels,TILE,TILE]; the tile goes on seamlessly from one side to the
 * other. The same seed gives the same grain.
 */
export function makeGrain(grain: Grain, seed: number): Float32Array {
  const pixels = TILE * TILE;
  const out = new Float32Array(grain.length * pixels);
  grain.forEach((variances, component) => {
    if (variances.every((variance) => variance === 0)) return;
    const draw = random(seed, component);
    const white = new Float32Array(pixels);
    for (let p = 0; p < pixels; p++) white[p] = draw.normal();
    const bands = octavesOf(white, TILE, TILE);
    const made = new Float32Array(pixels);
    gainsFor(variances).forEach((gain, octave) => {
      const band = bands[octave]!;
      for (let p = 0; p < pixels; p++) made[p] = made[p]! + gain * band[p]!;
    });
    for (let c = 0; c < grain.length; c++) {
      const share = grain.length === 1 ? 1 : COMPONENTS[component]![c]!;
      for (let p = 0; p < pixels; p++) out[c * pixels + p] = out[c * pixels + p]! + share * made[p]!;
    }
  });
  return out;
}

/** Grain of less than half a level of 255, a channel, is left alone: rounding makes as much. */
const INVISIBLE = (0.5 / 127.5) ** 2;
/** Up to this many times the variance that the face lost is given back: more, around it, may be leaves. */
const LIKE_FACE = 1.3;
/** A pixel that is the face's by more than this belongs to its inside. */
const INSIDE = 0.9;
/** Where no pixel is more of the face's than this, the face is hardly changed, and its grain still there. */
const BARELY = 0.5;

/**
 * Adds to `pasted`, in place, the grain that `photo` has around the face and the pasted face lacks, `amount`
 * [height,width] saying how far each pixel is the face's. Not much more than the face lost. Nothing is added where the
 * amount is 0, or where the photo's grain is still there.
 */
export function addGrain(
  photo: Planes,
  pasted: Planes,
  amount: Float32Array,
  {
    grain: strength = 1,
    seed = 0,
    mended,
  }: { readonly grain?: number; readonly seed?: number; readonly mended?: Float32Array },
): void {
  if (strength === 0 || !amount.some((m) => m > BARELY)) return;
  const inside = blocksWhere(photo, amount, INSIDE, 1, mended);
  const face = measureGrain(photo, inside);
  const wanted = measureGrain(photo, blocksWhere(photo, amount, 0, 0, mended)) ?? face;
  if (wanted === undefined) return;
  const left = measureGrain(pasted, inside);
  const lacking = wanted.map((octaves, k) =>
    octaves.map((variance, i) => {
      const stays = left?.[k]?.[i] ?? 0;
      const taken = face ? LIKE_FACE * (face[k]![i]! - stays) : Infinity;
      return Math.max(0, Math.min(variance - stays, taken));
    }),
  );
  if (totalOf(lacking) < INVISIBLE * lacking.length) return;
  const tile = makeGrain(lacking, seed);
  // Of the photo's own grain a pixel that is the face's by m has kept 1 - m (1 - kept): independent grain of the rest of
  // the variance makes it whole, also on the way from the rim to the inside. Less what the tile has of it already.
  const kept = Math.sqrt(Math.max(0, 1 - totalOf(lacking) / totalOf(wanted)));
  const share = strength / Math.sqrt(1 - kept * kept);
  const { width, height, left: x0, top: y0, channels, data } = pasted;
  const pixels = width * height;
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const p = y * width + x;
      const m = amount[p]!;
      if (m === 0) continue;
      const own = 1 - m * (1 - kept);
      const by = share * Math.sqrt(1 - own * own);
      const t = ((y + y0) % TILE) * TILE + ((x + x0) % TILE);
      for (let c = 0; c < channels; c++) {
        const value = data[c * pixels + p]! + by * tile[c * TILE * TILE + t]!;
        data[c * pixels + p] = value < -1 ? -1 : value > 1 ? 1 : value;
      }
    }
}

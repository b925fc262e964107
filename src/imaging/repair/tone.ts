/**
 * Fading and colour cast: estimated from the whole photo, mended by one curve for each channel.
 * A photo with full blacks, full whites and no cast keeps its tones; repair.ts runs this before the other steps.
 */
import { invariant } from '../../domain/errors.ts';
import type { Photograph } from '../photograph.ts';
import { checkStrength } from './settings.ts';

/** What one channel's values become: v' = ((v - black) / (white - black)) ^ gamma, values in 0..1. */
export interface Curve {
  readonly black: number;
  readonly white: number;
  readonly gamma: number;
}

export interface Tone {
  /** One for each channel of the photo. */
  readonly curves: readonly Curve[];
  /** Whether its colours are one tone (sepia, an aged black-and-white print) rather than a colour photo's. */
  readonly toned: boolean;
}

export interface ToneOptions {
  /** Makes a toned print grey; by default its tone is kept. */
  readonly neutral?: boolean;
}

/** About how many pixels are looked at. */
const SAMPLES = 200_000;
/** Left out on every side, in parts of it: the paper's margin and the scanner's lid are not the picture. */
const BORDER = 0.05;
/** The darkest and lightest of the picture, as quantiles. */
const DARKEST = 0.005;
const LIGHTEST = 0.995;
/** Where a sound print has them; a photo within is left. */
const BLACK = 0.06;
const WHITE = 0.93;
/** Blacks this high are a print that has faded all over: then its whites are lifted all the way too. */
const FADED = 0.2;
/** The most contrast is raised: beyond, there is only noise to raise. */
const MOST_GAIN = 2.5;
/** Casts smaller than this are the picture's own; a larger one is mended by the rest, at most by so much. */
const CAST = { ignored: 0.025, most: 0.2 } as const;
/** Colours that lie this near to one tone (root mean square, 0..1) are one. */
const ONE_TONE = 0.03;

/**
 * The curves that would mend a photo's fading and cast. The contrast is that of the luma between its 0.5 and 99.5 %
 * quantiles, the same for all channels. The cast is the smaller of what two rules say where they agree in direction, so
 * that a meadow is not mended into grey: the lightest pixels are white (max-RGB, Land & McCann 1971) and the mean is
 * grey (Buchsbaum 1980).
 */
export function estimateTone(photo: Photograph, { neutral = false }: ToneOptions = {}): Tone {
  const { channels, sample } = sampleOf(photo);
  const count = sample.length / channels;
  if (count < 16) return { curves: Array.from({ length: channels }, () => IDENTITY), toned: false };
  const luma = Float32Array.from({ length: count }, (_, i) => lumaOf(sample, i, channels));
  const levels = levelsOf(luma);
  if (channels === 1) return { curves: [{ ...levels, gamma: 1 }], toned: false };
  const toned = distanceFromOneTone(sample, luma) < ONE_TONE && isTinted(sample, luma);
  if (toned && !neutral) return { curves: [0, 1, 2].map(() => ({ ...levels, gamma: 1 })), toned };
  if (toned) return { curves: [0, 1, 2].map((c) => neutralCurve(sample, luma, c, levels)), toned };
  return { curves: castCurves(sample, luma, levels), toned };
}

/** Applies a tone in place; 0 leaves the photo bit for bit. Throws UserError `usage` for a strength out of range. */
export function applyTone(photo: Photograph, tone: Tone, strength: number): void {
  checkStrength('tone correction', strength);
  const { data, channels } = photo;
  invariant(tone.curves.length === channels, `a tone of ${tone.curves.length} channels for ${channels}`);
  if (strength === 0 || tone.curves.every(isIdentity)) return;
  const tables = tone.curves.map((curve) => tableOf(curve, photo.depth, strength));
  for (let c = 0; c < channels; c++) {
    const table = tables[c]!;
    for (let i = c; i < data.length; i += channels) data[i] = table[data[i]!]!;
  }
}

const IDENTITY: Curve = { black: 0, white: 1, gamma: 1 };

function isIdentity({ black, white, gamma }: Curve): boolean {
  return black === 0 && white === 1 && gamma === 1;
}

function tableOf({ black, white, gamma }: Curve, depth: 8 | 16, strength: number): Uint16Array {
  const most = depth === 16 ? 65535 : 255;
  return Uint16Array.from({ length: most + 1 }, (_, v) => {
    const value = v / most;
    const mended = Math.max(0, Math.min(1, (value - black) / (white - black))) ** gamma;
    return Math.round(most * (value + strength * (mended - value)));
  });
}

/** Pixels spread evenly over the photo without its border, values 0..1, interleaved. */
function sampleOf({ width, height, channels, depth, data }: Photograph): {
  channels: 1 | 3;
  sample: Float32Array;
} {
  const most = depth === 16 ? 65535 : 255;
  const [left, top] = [Math.floor(width * BORDER), Math.floor(height * BORDER)];
  const step = Math.max(1, Math.floor(Math.sqrt((width * height) / SAMPLES)));
  const values: number[] = [];
  for (let y = top; y < height - top; y += step)
    for (let x = left; x < width - left; x += step)
      for (let c = 0; c < channels; c++) values.push(data[(y * width + x) * channels + c]! / most);
  return { channels, sample: Float32Array.from(values) };
}

function lumaOf(sample: Float32Array, i: number, channels: 1 | 3): number {
  if (channels === 1) return sample[i]!;
  return 0.299 * sample[3 * i]! + 0.587 * sample[3 * i + 1]! + 0.114 * sample[3 * i + 2]!;
}

type Levels = Pick<Curve, 'black' | 'white'>;

/** The stretch that fading calls for: none for a photo that has blacks and whites. */
function levelsOf(luma: Float32Array): Levels {
  const sorted = luma.toSorted();
  const [low, high] = [quantile(sorted, DARKEST), quantile(sorted, LIGHTEST)];
  const black = Math.max(0, low - BLACK);
  // A dark photo with true blacks is a dark photo; one with grey blacks has faded.
  const faded = Math.min(1, black / (FADED - BLACK));
  const white = 1 - (0.25 + 0.75 * faded) * Math.max(0, WHITE - high);
  const gain = 1 / Math.max(1e-6, white - black);
  if (gain <= MOST_GAIN) return { black, white };
  const middle = (low + high) / 2;
  const half = 1 / MOST_GAIN / 2;
  return { black: Math.max(0, middle - half), white: Math.min(1, middle + half) };
}

function quantile(sorted: Float32Array, q: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? 0;
}

/** Mean channel values by luma, in 32 steps: the one tone that a toned print would have. */
function toneLine(
  sample: Float32Array,
  luma: Float32Array,
): { bin: (luma: number) => number; means: Float64Array } {
  const BINS = 32;
  const bin = (l: number): number => Math.min(BINS - 1, Math.floor(l * BINS));
  const means = new Float64Array(BINS * 3);
  const counts = new Float64Array(BINS);
  luma.forEach((l, i) => {
    counts[bin(l)]!++;
    for (let c = 0; c < 3; c++) means[3 * bin(l) + c]! += sample[3 * i + c]! - l;
  });
  for (let b = 0; b < BINS; b++) for (let c = 0; c < 3; c++) means[3 * b + c]! /= Math.max(1, counts[b]!);
  return { bin, means };
}

function distanceFromOneTone(sample: Float32Array, luma: Float32Array): number {
  const { bin, means } = toneLine(sample, luma);
  let sum = 0;
  luma.forEach((l, i) => {
    for (let c = 0; c < 3; c++) sum += (sample[3 * i + c]! - l - means[3 * bin(l) + c]!) ** 2;
  });
  return Math.sqrt(sum / sample.length);
}

/** Whether there is any colour to speak of: a grey picture in three channels is not toned. */
function isTinted(sample: Float32Array, luma: Float32Array): boolean {
  let sum = 0;
  luma.forEach((l, i) => {
    for (let c = 0; c < 3; c++) sum += (sample[3 * i + c]! - l) ** 2;
  });
  return Math.sqrt(sum / sample.length) > 0.01;
}

/** The mean of each channel, and of the luma, over the pixels whose luma is from quantile `from` to `to`. */
function meansOf(
  sample: Float32Array,
  luma: Float32Array,
  from: number,
  to: number,
): [number, number, number, number] {
  const sorted = luma.toSorted();
  const [low, high] = [quantile(sorted, from), quantile(sorted, to)];
  const sums: [number, number, number, number] = [0, 0, 0, 0];
  let count = 0;
  luma.forEach((l, i) => {
    if (l < low || l > high) return;
    count++;
    for (let c = 0; c < 3; c++) sums[c]! += sample[3 * i + c]!;
    sums[3] += l;
  });
  return [sums[0] / count, sums[1] / count, sums[2] / count, sums[3] / count];
}

/** Levels and cast of a colour photo. A cast without fading may be the light of the scene, and is mended by less. */
function castCurves(sample: Float32Array, luma: Float32Array, { black, white }: Levels): Curve[] {
  const range = white - black;
  const stretch = (v: number): number => (v - black) / range;
  const dark = meansOf(sample, luma, 0, 0.02).map(stretch);
  const light = meansOf(sample, luma, 0.98, 1).map(stretch);
  const mean = meansOf(sample, luma, 0, 1).map(stretch);
  const share = 0.4 + 0.6 * Math.min(1, Math.max(black, 1 - white) / (FADED - BLACK));
  return [0, 1, 2].map((c) => {
    const byWhite = light[c]! / Math.max(0.1, light[3]!) - 1;
    const byGrey = mean[c]! / Math.max(0.1, mean[3]!) - 1;
    const agreed =
      byWhite * byGrey > 0 ? Math.sign(byWhite) * Math.min(Math.abs(byWhite), Math.abs(byGrey)) : 0;
    const gain = share * beyond(agreed);
    const lift = share * beyond(dark[c]! - dark[3]!);
    return { black: Math.max(0, black + range * lift), white: white + range * gain, gamma: 1 };
  });
}

/** What of a cast is to be mended. */
function beyond(cast: number): number {
  return Math.sign(cast) * Math.min(CAST.most, Math.max(0, Math.abs(cast) - CAST.ignored));
}

/** The curve that takes channel c of a toned print to the stretched luma: at its darkest, its lightest and its mean. */
function neutralCurve(sample: Float32Array, luma: Float32Array, c: number, levels: Levels): Curve {
  const dark = meansOf(sample, luma, 0, 0.02);
  const light = meansOf(sample, luma, 0.98, 1);
  const mean = meansOf(sample, luma, 0, 1);
  const slope = (light[c]! - dark[c]!) / Math.max(0.02, light[3] - dark[3]);
  const at = (l: number): number => dark[c]! + (l - dark[3]) * slope;
  const [black, white] = [at(levels.black), at(levels.white)];
  const [own, grey] = [
    (mean[c]! - black) / (white - black),
    (mean[3] - levels.black) / (levels.white - levels.black),
  ];
  const middling = own > 0.02 && own < 0.98 && grey > 0.02 && grey < 0.98;
  const gamma = middling ? Math.max(0.5, Math.min(2, Math.log(grey) / Math.log(own))) : 1;
  return { black, white, gamma };
}

/**
 * What time, cameras and scanners do to a print, on one grey square: blur, little light, fading, grain, dust, scratches,
 * creases. imaging/degrade.ts damages colour crops for the evaluation; this is fast and only for training.
 */
import type { Random } from '../../src/imaging/random.ts';
import type { Canvas } from './backgrounds.ts';

/** Steps of a tone curve. */
const CURVE = 1023;

/** Changes the canvas in place; its values end in [0,1]. */
export function damage(canvas: Canvas, draw: Random): void {
  if (draw.uniform() < 0.4) blur(canvas, 2.2 * draw.uniform() ** 2);
  tone(canvas, draw);
  if (draw.uniform() < 0.2) scratches(canvas, draw);
  if (draw.uniform() < 0.15) dust(canvas, draw);
  if (draw.uniform() < 0.5) grain(canvas, draw);
  const { data } = canvas;
  for (let i = 0; i < data.length; i++) data[i] = Math.max(0, Math.min(1, data[i]!));
}

/** Gamma, contrast lost around some tone, darker corners. */
function tone({ side, data }: Canvas, draw: Random): void {
  const gamma = draw.uniform() < 0.6 ? Math.exp(0.35 * draw.normal()) : 1;
  const contrast = draw.uniform() < 0.4 ? 0.25 + 0.75 * draw.uniform() : 0.85 + 0.4 * draw.uniform();
  const paper = draw.uniform();
  const corners = draw.uniform() < 0.15 ? draw.uniform() * 0.8 : 0;
  const curve = Float32Array.from(
    { length: CURVE + 1 },
    (_, i) => paper + contrast * ((i / CURVE) ** gamma - paper),
  );
  for (let i = 0; i < data.length; i++) data[i] = curve[Math.max(0, Math.min(CURVE, data[i]! * CURVE)) | 0]!;
  if (corners === 0) return;
  for (let y = 0, i = 0; y < side; y++)
    for (let x = 0; x < side; x++, i++) {
      const far = ((2 * x) / side - 1) ** 2 + ((2 * y) / side - 1) ** 2;
      data[i] = data[i]! * (1 - (corners * far) / 2);
    }
}

/** Two running means of width 2r + 1 each way, with r as near to a Gaussian's sigma as 12 sigma^2 / 2 = w^2 - 1 allows. */
function blur({ side, data }: Canvas, sigma: number): void {
  const width = Math.sqrt(6 * sigma * sigma + 1);
  for (let pass = 0; pass < 2; pass++) {
    mean(data, side, side, 1, width);
    mean(data, side, 1, side, width);
  }
}

/** The mean over `width` (any number from 1) along lines of `side` values that lie `step` apart. */
function mean(data: Float32Array, side: number, line: number, step: number, width: number): void {
  const reach = Math.floor((width - 1) / 2);
  const edge = (width - 1) / 2 - reach;
  const from = new Float32Array(side + 2 * reach + 2);
  for (let l = 0; l < side; l++) {
    for (let i = 0; i < from.length; i++) {
      const place = Math.max(0, Math.min(side - 1, i - reach - 1));
      from[i] = data[l * line + place * step]!;
    }
    let sum = 0;
    for (let i = 1; i <= 2 * reach + 1; i++) sum += from[i]!;
    for (let i = 0; i < side; i++) {
      data[l * line + i * step] = (sum + edge * (from[i]! + from[i + 2 * reach + 2]!)) / width;
      sum += from[i + 2 * reach + 2]! - from[i + 1]!;
    }
  }
}

function grain({ data }: Canvas, draw: Random): void {
  const strength = 0.1 * draw.uniform() ** 2;
  // two uniforms are normal enough here, and fast
  for (let i = 0; i < data.length; i++)
    data[i] = data[i]! + strength * 2.4 * (draw.uniform() + draw.uniform() - 1);
}

/** Light or dark lines, mostly along one side. */
function scratches({ side, data }: Canvas, draw: Random): void {
  const count = 1 + Math.floor(8 * draw.uniform() ** 2);
  for (let n = 0; n < count; n++) {
    const upright = draw.uniform() < 0.7;
    const slope = (draw.uniform() - 0.5) * (draw.uniform() < 0.3 ? 2 : 0.2);
    const from = side * draw.uniform();
    const half = 0.4 + 1.8 * draw.uniform() ** 2;
    const light = draw.uniform() < 0.75 ? 0.95 : 0.05;
    const cover = 0.3 + 0.7 * draw.uniform();
    for (let v = 0; v < side; v++) {
      const middle = from + slope * (v - side / 2);
      for (let u = Math.max(0, Math.ceil(middle - half)); u <= Math.min(side - 1, middle + half); u++) {
        const i = upright ? v * side + u : u * side + v;
        data[i] = data[i]! + cover * (light - data[i]!);
      }
    }
  }
}

function dust({ side, data }: Canvas, draw: Random): void {
  const count = 1 + Math.floor(30 * draw.uniform() ** 2);
  for (let n = 0; n < count; n++) {
    const [cx, cy, r] = [side * draw.uniform(), side * draw.uniform(), 0.6 + 4 * draw.uniform() ** 4];
    const light = draw.uniform() < 0.7 ? 0.95 : 0.05;
    for (let y = Math.max(0, Math.ceil(cy - r)); y <= Math.min(side - 1, cy + r); y++)
      for (let x = Math.max(0, Math.ceil(cx - r)); x <= Math.min(side - 1, cx + r); x++)
        if ((x - cx) ** 2 + (y - cy) ** 2 <= r * r) data[y * side + x] = light;
  }
}

/**
 * Separable filters on square planes, in plain TypeScript so that every machine computes the same: resampling with a
 * proper low pass, box means. paste.ts and its neighbours are the users; ../resample.ts is for pictures, not planes.
 */

/** lanczos: the windowed sinc over 3 pixels either way. tent: linear, never beyond the values it joins. */
export type Kernel = 'lanczos' | 'tent';

/**
 * Resamples [side,side] to [n,n]. The kernel is `spread` (1 or more) input pixels wide for each unit of its own, which is
 * a low pass at 1/spread of the input's Nyquist frequency; outside the plane its border counts.
 */
export function resamplePlane(
  plane: Float32Array,
  side: number,
  { n, spread, kernel }: { readonly n: number; readonly spread: number; readonly kernel: Kernel },
): Float32Array {
  const { starts, weights, taps } = tapsOf(side, n, spread, kernel);
  const rows = new Float32Array(side * n);
  const padded = new Float32Array(side + 2 * taps);
  for (let y = 0; y < side; y++) {
    padded.fill(plane[y * side]!, 0, taps);
    padded.set(plane.subarray(y * side, (y + 1) * side), taps);
    padded.fill(plane[(y + 1) * side - 1]!, taps + side);
    for (let x = 0; x < n; x++) {
      const from = starts[x]! + taps;
      let sum = 0;
      for (let t = 0; t < taps; t++) sum += weights[x * taps + t]! * padded[from + t]!;
      rows[y * n + x] = sum;
    }
  }
  const out = new Float32Array(n * n);
  const line = new Float64Array(n);
  for (let y = 0; y < n; y++) {
    line.fill(0);
    for (let t = 0; t < taps; t++) {
      const from = Math.max(0, Math.min(side - 1, starts[y]! + t)) * n;
      const weight = weights[y * taps + t]!;
      if (weight === 0) continue;
      for (let x = 0; x < n; x++) line[x] = line[x]! + weight * rows[from + x]!;
    }
    out.set(line, y * n);
  }
  return out;
}

function tapsOf(side: number, n: number, spread: number, kernel: Kernel) {
  const reach = (kernel === 'lanczos' ? 3 : 1) * spread;
  const taps = Math.ceil(2 * reach) + 1;
  const starts = new Int32Array(n);
  const weights = new Float64Array(n * taps);
  for (let i = 0; i < n; i++) {
    const centre = ((i + 0.5) * side) / n - 0.5;
    const start = Math.ceil(centre - reach);
    let total = 0;
    for (let t = 0; t < taps; t++) {
      const distance = (start + t - centre) / spread;
      const weight = kernel === 'lanczos' ? lanczos3(distance) : Math.max(0, 1 - Math.abs(distance));
      weights[i * taps + t] = weight;
      total += weight;
    }
    starts[i] = Math.max(-taps, Math.min(side, start));
    for (let t = 0; t < taps; t++) weights[i * taps + t] = weights[i * taps + t]! / total;
  }
  return { starts, weights, taps };
}

function lanczos3(x: number): number {
  if (x === 0) return 1;
  if (Math.abs(x) >= 3) return 0;
  const p = Math.PI * x;
  return (3 * Math.sin(p) * Math.sin(p / 3)) / (p * p);
}

/**
 * The mean over a square of 2 radius + 1 pixels around each pixel of [side,side], fewer at the border. Each is a sum of
 * its own, so that the mean over nothing but zeros is zero exactly.
 */
export function boxMean(plane: Float32Array, side: number, radius: number): Float32Array {
  const rows = new Float32Array(plane.length);
  for (let y = 0; y < side; y++)
    for (let x = 0; x < side; x++) {
      const from = Math.max(0, x - radius);
      const to = Math.min(side - 1, x + radius);
      let sum = 0;
      for (let i = from; i <= to; i++) sum += plane[y * side + i]!;
      rows[y * side + x] = sum / (to - from + 1);
    }
  const out = new Float32Array(plane.length);
  for (let y = 0; y < side; y++) {
    const from = Math.max(0, y - radius);
    const to = Math.min(side - 1, y + radius);
    for (let i = from; i <= to; i++)
      for (let x = 0; x < side; x++) out[y * side + x] = out[y * side + x]! + rows[i * side + x]!;
    for (let x = 0; x < side; x++) out[y * side + x] = out[y * side + x]! / (to - from + 1);
  }
  return out;
}

/** Three box means in a row: about a Gaussian of standard deviation sqrt(radius (radius + 1)). */
export function softMean(plane: Float32Array, side: number, radius: number): Float32Array {
  return boxMean(boxMean(boxMean(plane, side, radius), side, radius), side, radius);
}

/** 0 up to `low`, 1 from `high` on, 3 t^2 - 2 t^3 between. */
export function smoothstep(low: number, high: number, value: number): number {
  const t = Math.max(0, Math.min(1, (value - low) / (high - low)));
  return t * t * (3 - 2 * t);
}

/** The share-th smallest (0..1) of `values`, which it sorts; 0 of none. */
export function quantile(values: Float64Array, share: number): number {
  if (values.length === 0) return 0;
  values.sort();
  return values[Math.min(values.length - 1, Math.floor(share * values.length))]!;
}

const ENOUGH = 4096;

/** Evenly spread ones of `values` where `weight` is above `least`: enough for a quantile. */
export function sampleOf(values: Float32Array, weight: Float32Array, least: number): Float64Array {
  const step = Math.max(1, Math.floor(Math.sqrt(values.length / ENOUGH)));
  const sample: number[] = [];
  // Of a square plane with a side that is a multiple of the step, every (step^2 - 1)-th is never the same few columns.
  for (let p = 0; p < values.length; p += Math.max(1, step * step - 1))
    if (weight[p]! > least) sample.push(values[p]!);
  return Float64Array.from(sample);
}

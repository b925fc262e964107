/**
 * Photographs for the tests of repairs, made in code: a scene with edges, cloth and grain, and damage on it.
 * Read next: damage.test.ts.
 */
import { random } from '../../../src/imaging/random.ts';
import type { Photograph } from '../../../src/imaging/photograph.ts';

const source: Photograph['source'] = {
  path: 'made-up.png',
  format: 'png',
  width: 1,
  height: 1,
  orientation: 1,
  pages: 1,
};

export interface Kind {
  readonly channels?: 1 | 3;
  readonly depth?: 8 | 16;
}

/** A photo whose value (0..1) is a function of place and channel. */
export function photoOf(
  width: number,
  height: number,
  value: (x: number, y: number, c: number) => number,
  { channels = 3, depth = 8 }: Kind = {},
): Photograph {
  const most = depth === 16 ? 65535 : 255;
  const data = new (depth === 16 ? Uint16Array : Uint8Array)(width * height * channels);
  for (let i = 0; i < data.length; i++) {
    const p = Math.floor(i / channels);
    const wanted = value(p % width, Math.floor(p / width), i % channels);
    data[i] = Math.round(most * Math.max(0, Math.min(1, wanted)));
  }
  return { width, height, channels, depth, data, source: { ...source, width, height } };
}

export function copyOf(photo: Photograph): Photograph {
  return { ...photo, data: photo.data.slice() };
}

/**
 * A portrait of a kind: a graded wall, a bright head with eyes, a dark coat of woven cloth with buttons and a lapel, a
 * window frame's edge, and grain. Values 0..1.
 */
export function scene(
  width: number,
  height: number,
  grain = 0.015,
): (x: number, y: number, c: number) => number {
  const draw = random(5, 0);
  const noise = Float32Array.from({ length: width * height }, () => grain * draw.normal());
  return (x, y, c) => {
    const [u, v] = [x / width, y / height];
    let light = 0.55 + 0.2 * u - 0.15 * v;
    if (u > 0.85) light -= 0.25;
    const head = Math.hypot((u - 0.45) / 0.16, (v - 0.35) / 0.2);
    if (head < 1) light = 0.8 - 0.2 * head ** 2;
    for (const eye of [0.39, 0.51]) if (Math.hypot((u - eye) / 0.025, (v - 0.33) / 0.012) < 1) light = 0.2;
    if (v > 0.6 && Math.abs(u - 0.45) < 0.15 + 0.8 * (v - 0.6)) {
      light = 0.22 + 0.04 * Math.sin(x / 1.7) * Math.sin(y / 1.9);
      if (Math.abs(u - 0.45 - 0.5 * (v - 0.7)) < 0.02) light += 0.15;
    }
    return light * [1, 0.97, 0.9][c]! + noise[y * width + x]!;
  };
}

/** Lines and specks: where they are, and how much lighter (or, below 0, darker) they make the picture. */
export interface Damage {
  /** How much of a pixel is covered, 0..1. */
  readonly covered: (x: number, y: number) => number;
}

/** A line of `width` pixels from a to b with soft rims. */
export function line(ax: number, ay: number, bx: number, by: number, width: number): Damage {
  const length = Math.hypot(bx - ax, by - ay);
  return {
    covered: (x, y) => {
      const along = Math.max(0, Math.min(1, ((x - ax) * (bx - ax) + (y - ay) * (by - ay)) / length ** 2));
      const away = Math.hypot(x - ax - along * (bx - ax), y - ay - along * (by - ay));
      return Math.max(0, Math.min(1, width / 2 + 0.5 - away));
    },
  };
}

export function speck(x0: number, y0: number, radius: number): Damage {
  return { covered: (x, y) => Math.max(0, Math.min(1, radius + 0.5 - Math.hypot(x - x0, y - y0))) };
}

/** The scene with each damage painted over it in a value of 0..1. */
export function damaged(
  clean: (x: number, y: number, c: number) => number,
  damages: readonly (Damage & { readonly value: number })[],
): (x: number, y: number, c: number) => number {
  return (x, y, c) =>
    damages.reduce(
      (light, { covered, value }) => {
        const part = covered(x, y);
        return part > 0 ? (1 - part) * light + part * value : light;
      },
      clean(x, y, c),
    );
}

/** Deviation and mean of values. */
export function momentsOf(values: readonly number[]): { mean: number; deviation: number } {
  const mean = values.reduce((a, b) => a + b, 0) / values.length;
  return { mean, deviation: Math.sqrt(values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / values.length) };
}

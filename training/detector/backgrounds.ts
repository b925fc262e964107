/**
 * Pictures without a face, drawn by the program: plain and graded backdrops, clouds, stripes, and heaps of shapes that are
 * easily taken for faces. scenes.ts fills its canvas with them.
 */
import type { Random } from '../../src/imaging/random.ts';

/** A square grey picture in [0,1]. */
export interface Canvas {
  readonly side: number;
  readonly data: Float32Array;
}

/** Covers the whole canvas; values may end outside [0,1]. */
export function fillBackground(canvas: Canvas, draw: Random): void {
  backdrop(canvas, draw);
  if (draw.uniform() < 0.35) clouds(canvas, draw, 0.1 + 0.9 * draw.uniform() ** 2);
  if (draw.uniform() < 0.15) stripes(canvas, draw);
  if (draw.uniform() < 0.45) shapes(canvas, draw, 1 + Math.floor(25 * draw.uniform() ** 2));
}

/** One tone, or two with an even passage between them. */
function backdrop({ side, data }: Canvas, draw: Random): void {
  const tone = draw.uniform();
  const change = draw.uniform() < 0.5 ? 0 : (draw.uniform() - 0.5) * 0.8;
  const angle = 2 * Math.PI * draw.uniform();
  const [dx, dy] = [Math.cos(angle) / side, Math.sin(angle) / side];
  for (let y = 0, i = 0; y < side; y++)
    for (let x = 0; x < side; x++, i++) data[i] = tone + change * ((x - side / 2) * dx + (y - side / 2) * dy);
}

/** Random grids of growing fineness, each half as strong: leaves, cloth, walls. */
function clouds({ side, data }: Canvas, draw: Random, strength: number): void {
  const roughness = 0.4 + 0.5 * draw.uniform();
  let weight = strength * 0.35;
  for (let cells = 2 + Math.floor(4 * draw.uniform()); cells <= side / 3; cells *= 2, weight *= roughness) {
    const grid = new Float32Array((cells + 1) ** 2);
    for (let i = 0; i < grid.length; i++) grid[i] = draw.uniform() - 0.5;
    for (let y = 0, i = 0; y < side; y++) {
      const v = (y * cells) / side;
      const row = Math.floor(v) * (cells + 1);
      const fy = v - Math.floor(v);
      for (let x = 0; x < side; x++, i++) {
        const u = (x * cells) / side;
        const at = row + Math.floor(u);
        const fx = u - Math.floor(u);
        const upper = grid[at]! * (1 - fx) + grid[at + 1]! * fx;
        const lower = grid[at + cells + 1]! * (1 - fx) + grid[at + cells + 2]! * fx;
        data[i] = data[i]! + weight * (upper * (1 - fy) + lower * fy);
      }
    }
  }
}

/** Coarse grain, up to plain black and white: what a small face's place in a bad print may look like from near. */
export function speckle({ side, data }: Canvas, draw: Random): void {
  const pitch = 1 + 7 * draw.uniform() ** 2;
  const cells = Math.ceil(side / pitch) + 1;
  const grid = new Float32Array((cells + 1) ** 2);
  for (let i = 0; i < grid.length; i++) grid[i] = draw.uniform();
  const dark = 0.25 + 0.5 * draw.uniform();
  const sharpness = 0.5 + 8 * draw.uniform() ** 2;
  for (let y = 0, i = 0; y < side; y++)
    for (let x = 0; x < side; x++, i++) {
      const [u, v] = [x / pitch, y / pitch];
      const [column, row] = [Math.floor(u), Math.floor(v)];
      const [fx, fy] = [u - column, v - row];
      const at = row * (cells + 1) + column;
      const upper = grid[at]! * (1 - fx) + grid[at + 1]! * fx;
      const lower = grid[at + cells + 1]! * (1 - fx) + grid[at + cells + 2]! * fx;
      data[i] = Math.max(0, Math.min(1, 0.5 + sharpness * (upper * (1 - fy) + lower * fy - dark)));
    }
}

function stripes({ side, data }: Canvas, draw: Random): void {
  const angle = Math.PI * draw.uniform();
  const pitch = 3 + 40 * draw.uniform();
  const strength = 0.4 * draw.uniform();
  const crossed = draw.uniform() < 0.3;
  const [dx, dy] = [Math.cos(angle) / pitch, Math.sin(angle) / pitch];
  for (let y = 0, i = 0; y < side; y++)
    for (let x = 0; x < side; x++, i++) {
      const along = Math.sin(2 * Math.PI * (x * dx + y * dy));
      const across = crossed ? Math.sin(2 * Math.PI * (x * dy - y * dx)) : 1;
      data[i] = data[i]! + strength * along * across;
    }
}

/** Ellipses and bars, some with two dots and a dash where a face would have them, but turned or shifted. */
function shapes(canvas: Canvas, draw: Random, count: number): void {
  const { side } = canvas;
  for (let i = 0; i < count; i++) {
    const size = side * (0.02 + 0.4 * draw.uniform() ** 2);
    const shape = {
      x: side * draw.uniform(),
      y: side * draw.uniform(),
      a: size,
      b: size * (0.1 + 1.2 * draw.uniform()),
      angle: Math.PI * draw.uniform(),
    };
    paint(canvas, shape, draw.uniform() < 0.6, draw.uniform(), 0.3 + 0.7 * draw.uniform());
  }
}

/** Covers an ellipse or a rectangle of half axes a, b with a tone. */
function paint(
  { side, data }: Canvas,
  { x: cx, y: cy, a, b, angle }: { x: number; y: number; a: number; b: number; angle: number },
  round: boolean,
  tone: number,
  cover: number,
): void {
  const reach = Math.hypot(a, b);
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  for (let y = Math.max(0, Math.ceil(cy - reach)); y < Math.min(side, cy + reach); y++)
    for (let x = Math.max(0, Math.ceil(cx - reach)); x < Math.min(side, cx + reach); x++) {
      const u = ((x - cx) * cos + (y - cy) * sin) / a;
      const v = ((y - cy) * cos - (x - cx) * sin) / b;
      if (round ? u * u + v * v > 1 : Math.max(Math.abs(u), Math.abs(v)) > 1) continue;
      const i = y * side + x;
      data[i] = data[i]! + cover * (tone - data[i]!);
    }
}

/**
 * One training picture: a canvas parted into cells, in each a portrait at some size, turned by up to 30 degrees and perhaps
 * mirrored, or no portrait; then damaged as old prints are. targets.ts says what the network should see in it.
 */
import { frameOf } from '../../src/faces/frame.ts';
import type { Frame } from '../../src/faces/frame.ts';
import type { Random } from '../../src/imaging/random.ts';
import { fillBackground } from './backgrounds.ts';
import type { Canvas } from './backgrounds.ts';
import { damage } from './damage.ts';
import { MIRRORED, UPRIGHT, five } from './points.ts';
import type { LabelledFace, Plane, Portrait } from './portraits.ts';

export interface SceneFace extends LabelledFace {
  /** The part of its box that can be seen, 0..1. */
  readonly visible: number;
}

export interface Scene {
  /** In [0,1], [side,side]. */
  readonly canvas: Canvas;
  readonly faces: readonly SceneFace[];
}

/** A part of a canvas, in its pixels. */
export interface Cell {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/** The smallest and the largest face a picture is made for, as the square root of its box's area. */
const SMALLEST = 14;
const LARGEST = 225;
const MOST_CELLS = 12;

/** A scene of `side` pixels; the same for the same draws. */
export function drawScene(portraits: readonly Portrait[], side: number, draw: Random): Scene {
  const canvas: Canvas = { side, data: new Float32Array(side * side) };
  fillBackground(canvas, draw);
  const faces: SceneFace[] = [];
  const kind = draw.uniform();
  const whole: Cell = { left: 0, top: 0, right: side, bottom: side };
  if (kind < 0.1) {
    // so near that only a part of the face is in the picture: that part is none
    if (kind < 0.04)
      faces.push(...place(canvas, whole, portraits, placement(whole, between(draw, 240, 700), draw), draw));
  } else {
    const count = kind < 0.25 ? 1 : 2 + Math.floor((MOST_CELLS - 1) * draw.uniform());
    for (const cell of cellsOf(whole, count, draw)) {
      if (count > 1 && draw.uniform() < 0.12) continue;
      const least = Math.min(cell.right - cell.left, cell.bottom - cell.top);
      const size = between(draw, SMALLEST, Math.max(SMALLEST + 2, Math.min(LARGEST, 1.15 * least)));
      faces.push(...place(canvas, cell, portraits, placement(cell, size, draw), draw));
    }
  }
  damage(canvas, draw);
  return { canvas, faces };
}

/** From `low` to `high`, even in the logarithm. */
export function between(draw: Random, low: number, high: number): number {
  return low * (high / low) ** draw.uniform();
}

/** Parts the largest cell again and again, along its longer side. */
function cellsOf(whole: Cell, count: number, draw: Random): Cell[] {
  const cells = [whole];
  while (cells.length < count) {
    cells.sort((p, q) => area(q) - area(p));
    const { left, top, right, bottom } = cells.shift()!;
    const at = 0.35 + 0.3 * draw.uniform();
    if (right - left > bottom - top) {
      const x = Math.round(left + at * (right - left));
      cells.push({ left, top, right: x, bottom }, { left: x, top, right, bottom });
    } else {
      const y = Math.round(top + at * (bottom - top));
      cells.push({ left, top, right, bottom: y }, { left, top: y, right, bottom });
    }
  }
  return cells;
}

function area({ left, top, right, bottom }: Cell): number {
  return (right - left) * (bottom - top);
}

/** How a face is to lie in a canvas. */
export interface Placement {
  /** In pixels of the canvas, of its frame. */
  readonly size: number;
  /** Where the middle of its frame comes to lie. */
  readonly x: number;
  readonly y: number;
  /** Clockwise. */
  readonly degrees: number;
  /** What is meant by its size, middle and angle: its box's, turned as in the portrait, or what its landmarks say. */
  readonly frame?: 'box' | 'landmarks';
}

/** Somewhere in the cell, turned by up to 30 degrees. */
function placement(cell: Cell, size: number, draw: Random): Placement {
  const degrees = draw.uniform() < 0.5 ? 60 * (draw.uniform() - 0.5) : 5 * draw.normal();
  const room = (length: number): number => Math.max(0.1 * length, (length - size) / 2);
  const along = (from: number, to: number): number =>
    (from + to) / 2 + (2 * draw.uniform() - 1) * room(to - from);
  const [x, y] = [along(cell.left, cell.right), along(cell.top, cell.bottom)];
  return { size, x, y, degrees: Math.max(-30, Math.min(30, degrees)) };
}

/** Puts a portrait into a cell so that one of its faces, the first of those returned, lies as said, perhaps mirrored. */
export function place(
  canvas: Canvas,
  cell: Cell,
  portraits: readonly Portrait[],
  { size, x: toX, y: toY, degrees, frame = 'box' }: Placement,
  draw: Random,
): SceneFace[] {
  const portrait = portraits[Math.floor(draw.uniform() * portraits.length)]!;
  const chosen = portrait.faces[Math.floor(draw.uniform() * portrait.faces.length)]!;
  const mirror = draw.uniform() < 0.5 ? -1 : 1;
  const { middle, size: own, angle: tilt } = frame === 'box' ? boxFrame(chosen) : frameOf(chosen.points);
  const scale = size / own;
  const angle = (degrees * Math.PI) / 180 - mirror * tilt;
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  // (x, y) of the portrait goes to the turned, scaled, shifted place in the canvas
  const move = (x: number, y: number): { x: number; y: number } => {
    const [u, v] = [scale * mirror * (x - middle.x), scale * (y - middle.y)];
    return { x: toX + cos * u - sin * v, y: toY + sin * u + cos * v };
  };
  const film = portrait.greys[draw.uniform() < 0.7 ? 0 : 1]!;
  const level = Math.max(0, Math.min(film.length - 1, Math.round(Math.log2(0.8 / scale))));
  const plane = film[level]!;
  const shrink = 2 ** level;
  const back = (x: number, y: number): { x: number; y: number } => {
    const [u, v] = [(x - toX) / scale, (y - toY) / scale];
    return {
      x: (middle.x + mirror * (cos * u + sin * v)) / shrink,
      y: (middle.y + cos * v - sin * u) / shrink,
    };
  };
  paste(canvas, cell, plane, back);
  const [wide, high] = [plane.width * shrink, plane.height * shrink];
  const others = portrait.faces.filter((face) => face !== chosen);
  return [chosen, ...others].map((face) => moved(face, { move, scale, cos, sin, mirror, cell, wide, high }));
}

function boxFrame({ centre, width, height }: LabelledFace): Frame {
  return { middle: centre, size: Math.sqrt(width * height), angle: 0 };
}

function paste(
  { side, data }: Canvas,
  cell: Cell,
  plane: Plane,
  back: (x: number, y: number) => { x: number; y: number },
): void {
  const origin = back(0.5, 0.5);
  const [right, down] = [back(1.5, 0.5), back(0.5, 1.5)];
  const [ux, uy] = [right.x - origin.x, right.y - origin.y];
  const [vx, vy] = [down.x - origin.x, down.y - origin.y];
  const { width, height, data: from } = plane;
  for (let y = cell.top; y < cell.bottom; y++)
    for (let x = cell.left; x < cell.right; x++) {
      const sx = origin.x + x * ux + y * vx - 0.5;
      const sy = origin.y + x * uy + y * vy - 0.5;
      if (sx < 0 || sy < 0 || sx >= width - 1 || sy >= height - 1) continue;
      const [ix, iy] = [Math.floor(sx), Math.floor(sy)];
      const [fx, fy] = [sx - ix, sy - iy];
      const at = iy * width + ix;
      const upper = from[at]! * (1 - fx) + from[at + 1]! * fx;
      const lower = from[at + width]! * (1 - fx) + from[at + width + 1]! * fx;
      data[y * side + x] = (upper * (1 - fy) + lower * fy) / 255;
    }
}

interface Placed {
  readonly move: (x: number, y: number) => { x: number; y: number };
  readonly scale: number;
  readonly cos: number;
  readonly sin: number;
  readonly mirror: number;
  readonly cell: Cell;
  readonly wide: number;
  readonly high: number;
}

/** The box of a turned face is that of the ellipse in its box, turned; a mirrored face's points change sides. */
function moved(face: LabelledFace, { move, scale, cos, sin, mirror, cell, wide, high }: Placed): SceneFace {
  const centre = move(face.centre.x, face.centre.y);
  const width = scale * Math.hypot(face.width * cos, face.height * sin);
  const height = scale * Math.hypot(face.height * cos, face.width * sin);
  const order = mirror > 0 ? UPRIGHT : MIRRORED;
  const points = five((i) => move(face.points[order[i]].x, face.points[order[i]].y));
  const overlap = (low: number, high: number, from: number, to: number): number =>
    Math.max(0, Math.min(high, to) - Math.max(low, from)) / (high - low);
  const inCell =
    overlap(centre.x - width / 2, centre.x + width / 2, cell.left, cell.right) *
    overlap(centre.y - height / 2, centre.y + height / 2, cell.top, cell.bottom);
  const { x, y } = face.centre;
  const inPortrait =
    overlap(x - face.width / 2, x + face.width / 2, 0, wide) *
    overlap(y - face.height / 2, y + face.height / 2, 0, high);
  return { centre, width, height, points, visible: inCell * inPortrait };
}

/**
 * Finds scratches, dust, hairs and creases: thin lines and specks that are lighter or darker than the picture they lie on.
 * mask.ts is what comes out, fill.ts repairs it; activity.ts and lines.ts are the two tests that spare the picture.
 */
import type { Photograph, Rect } from '../photograph.ts';
import { activityOf } from './activity.ts';
import { stopIfAborted } from './cancel.ts';
import { onStrokes } from './lines.ts';
import type { Mask } from './mask.ts';
import { openFilters } from './opencv.ts';
import type { Filters } from './opencv.ts';
import { overviewOf } from './overview.ts';
import type { Overview } from './overview.ts';
import { keepScratches, keepSpecks } from './shapes.ts';

export interface FindOptions {
  /** Places, in photo pixels, where only the plainest damage counts: faces, whose lashes and lights look like it. */
  readonly faces?: readonly Rect[];
  readonly signal?: AbortSignal;
}

/** Sides of the medians that stand for the picture without its damage: they remove lines up to half as wide. */
const SIDES = [5, 11] as const;

/**
 * Levels (of 255) and multiples of the local activity that a detail must stand out by. A stroke may be faint, since its
 * length proves it; a speck has only its contrast.
 */
const STROKE = { levels: 5, activity: 1.2 } as const;
const SPECK = { levels: 22, activity: 5 } as const;
/** A speck is followed out to where it has this part of what SPECK asks. */
const RIM = 0.4;
/**
 * In faces: times the contrast of a speck, and how many pixels around it must be calm, since the light in an eye is a
 * speck in all but that; and the length of a scratch in parts of the face's shorter side.
 */
const IN_FACE = { speck: 1.5, calm: 31, scratch: 0.6 } as const;
/** In pictures with a longer side below this, eyes and buttons are specks: these must stand out by so much more. */
const SMALL = 700;
/** How much the picture may change under a stroke and a speck, in parts of their contrast: else they are an edge's. */
const UNDER = { stroke: 1.2, speck: 0.6 } as const;

/**
 * The damage in a photo, on its overview (overview.ts): 255 or 0. Each detail is the difference from a median; a stroke
 * is at least 31 pixels of it in a line and a scratch several of those; a speck is small, plain and alone. Nothing is
 * promised about damage wider than about 8 pixels of the overview (stains, tears, missing corners): paint those
 * (mask.ts). Throws UserError `cancelled`.
 */
export async function findDamage(photo: Photograph, options: FindOptions = {}): Promise<Mask> {
  const { faces = [], signal } = options;
  const overview = overviewOf(photo);
  const { width, height, scale } = overview;
  const data = new Uint8Array(width * height);
  const filters = await openFilters();
  const strict = placesOf(faces, overview);
  const found = [true, false].map((lighter) => {
    const { contrast, strokes, specks, rims } = detailsOf(overview, filters, lighter, strict, signal);
    return { scratches: { set: onStrokes(strokes, overview), contrast }, specks, rims };
  });
  for (const { scratches, specks, rims } of found) {
    stopIfAborted(signal);
    keepScratches(
      scratches,
      found.map((f) => f.scratches),
      overview,
      filters,
      strict,
      data,
    );
    keepSpecks(specks, rims, overview, filters, data);
  }
  return { width, height, scale, data };
}

interface Details {
  /** [height,width], how much lighter (or darker) than the picture around, 0..255. */
  readonly contrast: Uint8Array;
  /** [height,width], 1 where a detail may belong to a stroke. */
  readonly strokes: Uint8Array;
  /** 1 where a detail is a speck by its contrast, and 1 where it would still be part of one. */
  readonly specks: Uint8Array;
  readonly rims: Uint8Array;
}

/** What stands out from the medians, lighter or darker than they. */
function detailsOf(
  overview: Overview,
  filters: Filters,
  lighter: boolean,
  strict: Uint16Array,
  signal: AbortSignal | undefined,
): Details {
  const { width, height, grey } = overview;
  const strokes = new Uint8Array(grey.length);
  const contrast = new Uint8Array(grey.length);
  const specks = new Uint8Array(grey.length);
  const rims = new Uint8Array(grey.length);
  const small = Math.max(1, SMALL / Math.max(width, height));
  for (const side of SIDES) {
    stopIfAborted(signal);
    const median = filters.median(grey, overview, side);
    const range = filters.range(median, overview, side + 2);
    const calm = strict.some((length) => length > 0) ? filters.range(median, overview, IN_FACE.calm) : range;
    const activity = activityOf(
      grey.map((value, p) => Math.abs(value - median[p]!)),
      overview,
    );
    for (let y = 0; y < height; y++) {
      const levels = activity.row(y);
      for (let x = 0; x < width; x++) {
        const p = y * width + x;
        const detail = lighter ? grey[p]! - median[p]! : median[p]! - grey[p]!;
        if (detail < STROKE.levels) continue;
        const level = levels[x]!;
        contrast[p] = Math.max(contrast[p]!, detail);
        if (detail > STROKE.activity * level && UNDER.stroke * detail > range[p]!) strokes[p] = 1;
        const speck =
          Math.max(SPECK.levels, SPECK.activity * level) * small * (strict[p] ? IN_FACE.speck : 1);
        if (detail > RIM * speck) rims[p] = 1;
        if (detail > speck && UNDER.speck * detail > (strict[p] ? calm : range)[p]!) specks[p] = 1;
      }
    }
  }
  return { contrast, strokes, specks, rims };
}

/** Inside the rectangles (photo pixels), on the overview: how long a scratch must be there; 0 outside. */
function placesOf(rects: readonly Rect[], { width, height, scale }: Overview): Uint16Array {
  const shortest = new Uint16Array(width * height);
  for (const { left, top, width: w, height: h } of rects) {
    const length = Math.max(1, Math.round((IN_FACE.scratch * Math.min(w, h)) / scale));
    const [from, to] = [left / scale, (left + w) / scale].map((x) =>
      Math.max(0, Math.min(width, Math.round(x))),
    );
    for (let y = Math.max(0, Math.floor(top / scale)); y < Math.min(height, (top + h) / scale); y++)
      shortest.fill(length, y * width + from!, y * width + to!);
  }
  return shortest;
}

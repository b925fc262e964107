/**
 * The filters that repairs borrow from OpenCV (WebAssembly), on plain arrays; the library is loaded when first asked for.
 * The only import of @techstark/opencv-js: its matrices live outside the garbage collector and never leave this file.
 */
import { createRequire } from 'node:module';
import { invariant } from '../../domain/errors.ts';

interface Extent {
  readonly width: number;
  readonly height: number;
}

export interface BilateralSigma {
  /** How far, in pixels, along each axis. */
  readonly reach: number;
  /** Of the weight by place, pixels, and by value. */
  readonly space: number;
  readonly value: number;
}

export interface Filters {
  /** The median of side x side pixels (odd) around each of a grey picture. */
  median(grey: Uint8Array, size: Extent, side: number): Uint8Array;
  /** The highest less the lowest of side x side pixels (odd) around each of a grey picture. */
  range(grey: Uint8Array, size: Extent, side: number): Uint8Array;
  /** Connected parts (8 neighbours) of the pixels that are not 0: labels from 1, 0 for the rest; `count` with the 0. */
  components(binary: Uint8Array, size: Extent): { readonly labels: Int32Array; readonly count: number };
  /**
   * One channel with the pixels where `mask` is not 0 made up from those within `radius` pixels, nearest first, along the
   * lines of equal light (Telea 2004, "An image inpainting technique based on the fast marching method").
   */
  inpaint(
    channel: Uint8Array | Uint16Array,
    size: Extent,
    mask: Uint8Array,
    radius: number,
  ): Uint8Array | Uint16Array;
  /**
   * Each pixel the mean of those around, weighted by nearness in place and in value (Tomasi & Manduchi 1998), 1 or 3
   * interleaved channels.
   */
  bilateral(
    image: Float32Array,
    size: Extent & { readonly channels: 1 | 3 },
    sigma: BilateralSigma,
  ): Float32Array;
}

interface Mat {
  readonly data: Uint8Array;
  readonly data16U: Uint16Array;
  readonly data32S: Int32Array;
  readonly data32F: Float32Array;
  delete(): void;
}

/** What is used of OpenCV's JavaScript build. */
interface OpenCv {
  readonly Mat: {
    new (): Mat;
    new (rows: number, columns: number, type: number): Mat;
    ones(rows: number, columns: number, type: number): Mat;
  };
  medianBlur(from: Mat, to: Mat, side: number): void;
  dilate(from: Mat, to: Mat, kernel: Mat): void;
  erode(from: Mat, to: Mat, kernel: Mat): void;
  bilateralFilter(from: Mat, to: Mat, diameter: number, value: number, space: number): void;
  connectedComponents(from: Mat, labels: Mat, neighbours: number, type: number): number;
  inpaint(from: Mat, mask: Mat, to: Mat, radius: number, method: number): void;
}

const USED = [
  'Mat',
  'medianBlur',
  'dilate',
  'erode',
  'bilateralFilter',
  'connectedComponents',
  'inpaint',
] as const satisfies (keyof OpenCv)[];

/** OpenCV's numbers for its types and for Telea's method. */
const [U8, U16, S32, F32, F32_RGB, TELEA] = [0, 2, 4, 5, 21, 1] as const;

let loaded: Promise<Filters> | undefined;

/** The filters; the first call takes about 0.7 s and 100 MB, which stay for the next. */
export function openFilters(): Promise<Filters> {
  loaded ??= load();
  return loaded;
}

/**
 * Loading the library makes it the process's handler of uncaught errors and rejections, which would end Albumen where
 * Albumen itself would not: those handlers are taken off again. It also has a method `then`, so that a promise of it
 * would never come true; what is returned is made from it.
 */
async function load(): Promise<Filters> {
  const [errors, rejections] = [
    new Set(process.listeners('uncaughtException')),
    new Set(process.listeners('unhandledRejection')),
  ];
  const library: unknown = createRequire(import.meta.url)('@techstark/opencv-js');
  for (const listener of process.listeners('uncaughtException'))
    if (!errors.has(listener)) process.off('uncaughtException', listener);
  for (const listener of process.listeners('unhandledRejection'))
    if (!rejections.has(listener)) process.off('unhandledRejection', listener);
  invariant(typeof library === 'object' && library !== null, 'OpenCV is an object');
  if (!isOpenCv(library))
    await new Promise<void>((done) => Object.assign(library, { onRuntimeInitialized: done }));
  invariant(isOpenCv(library), 'this build of OpenCV has the filters');
  return filtersOf(library);
}

function isOpenCv(library: object): library is OpenCv {
  return USED.every((name) => typeof Reflect.get(library, name) === 'function');
}

function filtersOf(cv: OpenCv): Filters {
  /** A matrix with the numbers of `values`; Mats' arrays are views that die when the library's memory grows. */
  const matOf = (
    values: Uint8Array | Uint16Array | Float32Array,
    { width, height }: Extent,
    type: number,
  ): Mat => {
    const mat = new cv.Mat(height, width, type);
    if (values instanceof Float32Array) mat.data32F.set(values);
    else if (values instanceof Uint16Array) mat.data16U.set(values);
    else mat.data.set(values);
    return mat;
  };
  /** Runs `use` and frees the matrices, whatever happens. */
  const freeing = <R>(mats: readonly Mat[], use: (...mats: Mat[]) => R): R => {
    try {
      return use(...mats);
    } finally {
      for (const mat of mats) mat.delete();
    }
  };
  return {
    median: (grey, size, side) =>
      freeing([matOf(grey, size, U8), new cv.Mat()], (from, to) => {
        cv.medianBlur(from, to, side);
        return to.data.slice();
      }),
    range: (grey, size, side) =>
      freeing(
        [matOf(grey, size, U8), new cv.Mat(), new cv.Mat(), cv.Mat.ones(side, side, U8)],
        (from, low, high, kernel) => {
          cv.erode(from, low, kernel);
          cv.dilate(from, high, kernel);
          const floor = low.data;
          return high.data.map((value, p) => value - floor[p]!);
        },
      ),
    components: (binary, size) =>
      freeing([matOf(binary, size, U8), new cv.Mat()], (from, to) => {
        const count = cv.connectedComponents(from, to, 8, S32);
        return { labels: to.data32S.slice(), count };
      }),
    inpaint: (channel, size, mask, radius) => {
      const wide = channel instanceof Uint16Array;
      const mats = [matOf(channel, size, wide ? U16 : U8), matOf(mask, size, U8), new cv.Mat()];
      return freeing(mats, (from, holes, to) => {
        cv.inpaint(from, holes, to, radius, TELEA);
        return wide ? to.data16U.slice() : to.data.slice();
      });
    },
    bilateral: (image, size, { reach, space, value }) =>
      freeing([matOf(image, size, size.channels === 3 ? F32_RGB : F32), new cv.Mat()], (from, to) => {
        cv.bilateralFilter(from, to, 2 * reach + 1, value, space);
        return to.data32F.slice();
      }),
  };
}

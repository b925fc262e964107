/**
 * `npm run eval:detector`: how well and how fast the bundled face detector finds faces, beside YuNet's labels. Portraits
 * are those its training held out; eval/found.ts compares, docs/evaluation.md has the result.
 */
import { readdir, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { parseArgs } from 'node:util';
import { openModel } from '../src/engine/runtime/ort-model.ts';
import { openRuntime } from '../src/engine/runtime/ort.ts';
import type { Face, PixelSource } from '../src/faces/face.ts';
import { merged } from '../src/faces/overlap.ts';
import { yunetFaces } from '../src/faces/yunet.ts';
import { readPhotograph } from '../src/imaging/photograph/read.ts';
import {
  BUNDLED_DETECTOR,
  openDetector,
  openDetectorNetwork,
  pixelSourceOf,
} from '../src/restoration/detectors.ts';
import { isHeldOut, readLabels } from '../training/detector/portraits.ts';
import { compared, summed } from './eval/found.ts';
import type { Comparison, Known } from './eval/found.ts';

const { values } = parseArgs({
  options: {
    /** A folder of portraits and its portraits.json. */
    portraits: { type: 'string' },
    labels: { type: 'string' },
    /** Folders of photos, searched to the bottom; labelled by YuNet. */
    albums: { type: 'string' },
    old: { type: 'string' },
    yunet: { type: 'string' },
    weights: { type: 'string', default: BUNDLED_DETECTOR },
    threads: { type: 'string', default: '2' },
    /** Faces below this score do not count. */
    least: { type: 'string', default: '0.8' },
    out: { type: 'string' },
  },
});
const { portraits, labels, albums, old, yunet: yunetPath } = values;

/** YuNet's own labels of the portraits begin here. */
const YUNET_LEAST = 0.6;

await using runtime = await openRuntime('cpu', { threads: Number(values.threads) });
const detector = await openDetector('bundled', runtime, values.weights);
const yunet = yunetPath === undefined ? undefined : await openModel(yunetPath);
const result: Record<string, unknown> = {};

if (portraits !== undefined && labels !== undefined) {
  const heldOut = (await readLabels(labels)).filter(({ file, faces }) => isHeldOut(file) && faces.length > 0);
  const rows: { readonly one: boolean; readonly comparison: Comparison }[] = [];
  for (const { file, faces } of heldOut) {
    const known = faces.map(({ box: [left, top, width, height], landmarks }): Known => {
      const points = landmarks.map(([x, y]) => ({ x, y }));
      return { box: { left, top, width, height }, landmarks: points };
    });
    const found = await find(await open(join(portraits, file)));
    rows.push({ one: faces.length === 1, comparison: compared(known, found, file) });
  }
  report(
    'portraits held out, with one face',
    rows.filter(({ one }) => one).map((r) => r.comparison),
  );
  report(
    'portraits held out, all',
    rows.map((r) => r.comparison),
  );
}
if (albums !== undefined && yunet) {
  const rows: Comparison[] = [];
  for (const path of await photosIn(albums)) {
    const photo = await open(path);
    const { width, height } = photo;
    const whole = await photo.read({ left: 0, top: 0, width, height }, width, height);
    const known = merged((await yunetFaces(yunet, whole)).filter(({ score }) => score >= YUNET_LEAST));
    rows.push(compared(known, await find(photo), relative(albums, path)));
  }
  report('albums, all that YuNet finds', rows);
}
if (old !== undefined && yunetPath !== undefined) {
  const other = await openDetector({ yunet: yunetPath }, runtime);
  const rows: Comparison[] = [];
  for (const path of await photosIn(old)) {
    const photo = await open(path);
    const known = (await other.detect(photo)).filter(({ score }) => score >= YUNET_LEAST);
    const found = await find(photo);
    rows.push(compared(known, found, relative(old, path)));
    const best = found[0]?.score.toFixed(2) ?? '-';
    console.log(
      `${relative(old, path)} ${photo.width} x ${photo.height}: ${found.length} (${best}), YuNet ${known.length}`,
    );
  }
  report('old prints, all that YuNet finds', rows);
  await other.release();
}
result['speed'] = await speeds();
console.log('1280 x 960, median ms', result['speed']);
if (values.out !== undefined) await writeFile(values.out, `${JSON.stringify(result, null, 2)}\n`);
await detector.release();
await yunet?.release();

async function open(path: string): Promise<PixelSource> {
  return pixelSourceOf(await readPhotograph(path));
}

async function find(photo: PixelSource): Promise<Face[]> {
  return (await detector.detect(photo)).filter(({ score }) => score >= Number(values.least));
}

async function photosIn(folder: string): Promise<string[]> {
  const names = await readdir(folder, { recursive: true });
  return names
    .filter((name) => /\.(jpe?g|png)$/i.test(name))
    .sort()
    .map((name) => join(folder, name));
}

function report(what: string, rows: readonly Comparison[]): void {
  const sum = summed(rows);
  result[what] = sum;
  console.log(what, sum);
}

/** Milliseconds for 1280 x 960 pixels: the network's largest look alone, and the search of a photo held in memory. */
async function speeds(): Promise<{ readonly network: number; readonly photo: number }> {
  const [width, height] = [1280, 960];
  const networks = openDetectorNetwork(runtime, values.weights);
  const picture = new Float32Array(width * height);
  const data = new Uint8Array(3 * width * height).fill(128);
  const source = { path: '', format: 'png' as const, width, height, orientation: 1, pages: 1 };
  const photo = pixelSourceOf({ width, height, channels: 3, depth: 8, data, source });
  const timed = {
    network: await median(() => networks.search(picture, width, height)),
    photo: await median(() => detector.detect(photo)),
  };
  await networks.release();
  return timed;
}

async function median(work: () => Promise<unknown>): Promise<number> {
  const times: number[] = [];
  for (let i = 0; i < 23; i++) {
    const begun = performance.now();
    await work();
    times.push(performance.now() - begun);
  }
  // the first two compile
  const sorted = times.slice(2).sort((p, q) => p - q);
  return Math.round(10 * sorted[sorted.length >> 1]!) / 10;
}

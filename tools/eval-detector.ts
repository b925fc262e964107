/**
 * `npm run eval:detector`: how well and how fast the bundled face detector finds faces, beside YuNet's labels. Portraits
 * are those its training held out; eval/found.ts compares, docs/evaluation.md has the result.
 */
import { readdir } from 'node:fs/promises';
import { loadavg } from 'node:os';
import { join, relative } from 'node:path';
import { Option } from 'commander';
import { invariant } from '../src/domain/errors.ts';
import { openModel } from '../src/engine/runtime/ort-model.ts';
import type { Model } from '../src/engine/runtime/ort-model.ts';
import { openRuntime } from '../src/engine/runtime/ort.ts';
import type { Face, PixelSource } from '../src/faces/face.ts';
import { merged } from '../src/faces/overlap.ts';
import { yunetFaces } from '../src/faces/yunet.ts';
import { readPhotograph } from '../src/imaging/photograph/read.ts';
import { writeWhole } from '../src/imaging/write.ts';
import {
  BUNDLED_DETECTOR,
  openDetector,
  openDetectorNetwork,
  pixelSourceOf,
} from '../src/restoration/detectors.ts';
import { command, number, whole } from '../training/command.ts';
import { isHeldOut, readLabels } from '../training/detector/portraits.ts';
import type { Label } from '../training/detector/portraits.ts';
import { compared, summed } from './eval/found.ts';
import type { Comparison, Known } from './eval/found.ts';

interface Options {
  readonly portraits?: string;
  readonly labels?: string;
  readonly steady?: string;
  readonly albums?: string;
  readonly old?: string;
  readonly yunet?: string;
  readonly weights: string;
  readonly threads: number;
  readonly least: number;
  readonly out?: string;
}

const program = command(
  'npm run eval:detector --',
  'Measures how well the bundled detector finds faces, in whatever is given, and how long it takes.',
)
  .option('--portraits <folder>', 'portraits, of which those held out by training are measured')
  .option('--labels <file>', 'their portraits.json')
  .option('--steady <file>', 'the same with steadier landmarks (training/detector/relabel.ts)')
  .option('--albums <folder>', 'photos, searched to the bottom, in which YuNet says where faces are')
  .option('--old <folder>', 'the same of old prints, photo by photo')
  .option('--yunet <file>', 'yunet_n_dynamic.onnx, measured too')
  .addOption(new Option('--weights <file>', 'the detector').default(BUNDLED_DETECTOR, 'the bundled one'))
  .option('--threads <n>', 'CPU threads', whole(1), 2)
  .option('--least <score>', 'faces below this score do not count', number(0), 0.8)
  .option('--out <file>', 'the figures as JSON')
  .parse();
const options = program.opts<Options>();
const { portraits, labels, steady, albums, old, yunet: yunetPath } = options;
if ((portraits === undefined) !== (labels === undefined))
  program.error('error: --portraits and --labels are of use together only');
if (yunetPath === undefined && (albums !== undefined || old !== undefined))
  program.error('error: --albums and --old need --yunet');

/** YuNet's faces below this score do not count: its own labels of the portraits begin here. */
const YUNET_LEAST = 0.6;

await using runtime = await openRuntime('cpu', { threads: options.threads });
const detector = await openDetector('bundled', runtime, options.weights);
const yunet = yunetPath === undefined ? undefined : await openModel(yunetPath);
const result: Record<string, unknown> = {};

if (portraits !== undefined && labels !== undefined) {
  await measurePortraits('Albumen', find);
  if (yunet) await measurePortraits('YuNet', (photo) => lookOnce(yunet, photo));
}
if (albums !== undefined && yunet) {
  const rows: Comparison[] = [];
  for (const path of await photosIn(albums)) {
    const photo = await open(path);
    const known = await lookOnce(yunet, photo);
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
console.log('ms', result['speed']);
if (options.out !== undefined) await writeWhole(options.out, `${JSON.stringify(result, null, 2)}\n`);
await detector.release();
await yunet?.release();

/** What a detector finds in the portraits held out, against their labels and, where there are any, the steadier ones. */
async function measurePortraits(who: string, search: (photo: PixelSource) => Promise<Face[]>): Promise<void> {
  invariant(portraits !== undefined && labels !== undefined, 'portraits are measured where they are given');
  const found = new Map<string, readonly Face[]>();
  for (const [what, path] of [
    ['labels as given', labels],
    ['steady labels', steady],
  ] as const) {
    if (path === undefined) continue;
    const heldOut = (await readLabels(path)).filter(({ file, faces }) => isHeldOut(file) && faces.length > 0);
    const rows: { readonly one: boolean; readonly comparison: Comparison }[] = [];
    for (const { file, faces } of heldOut) {
      const seen = found.get(file) ?? (await search(await open(join(portraits, file))));
      found.set(file, seen);
      rows.push({ one: faces.length === 1, comparison: compared(faces.map(knownOf), seen, file) });
    }
    const one = rows.filter((row) => row.one);
    report(
      `portraits held out, one face, ${what}: ${who}`,
      one.map((row) => row.comparison),
    );
    report(
      `portraits held out, all, ${what}: ${who}`,
      rows.map((row) => row.comparison),
    );
  }
}

function knownOf({ box: [left, top, width, height], landmarks }: Label['faces'][number]): Known {
  return { box: { left, top, width, height }, landmarks: landmarks.map(([x, y]) => ({ x, y })) };
}

async function open(path: string): Promise<PixelSource> {
  return pixelSourceOf(await readPhotograph(path));
}

/** What one look of YuNet's at the whole photo finds. */
async function lookOnce(model: Model, photo: PixelSource): Promise<Face[]> {
  const { width, height } = photo;
  const whole = await photo.read({ left: 0, top: 0, width, height }, width, height);
  return merged((await yunetFaces(model, whole)).filter(({ score }) => score >= YUNET_LEAST));
}

async function find(photo: PixelSource): Promise<Face[]> {
  return (await detector.detect(photo)).filter(({ score }) => score >= options.least);
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

/** How long one look at 1280 x 960 pixels takes, and the search of photos held in memory, in which there is no face. */
async function speeds() {
  const networks = openDetectorNetwork(runtime, options.weights);
  const picture = new Float32Array(1280 * 960);
  const [small, large] = [blank(1280, 960), blank(4000, 3000)];
  const timed = {
    threads: options.threads,
    load: loadavg()[0],
    'a look, 1280 x 960': await timing(() => networks.search(picture, 1280, 960)),
    'photo, 1280 x 960': await timing(() => detector.detect(small)),
    'photo, 4000 x 3000': await timing(() => detector.detect(large)),
  };
  await networks.release();
  return timed;
}

function blank(width: number, height: number): PixelSource {
  const data = new Uint8Array(3 * width * height).fill(128);
  const source = { path: '', format: 'png' as const, width, height, orientation: 1, pages: 1 };
  return pixelSourceOf({ width, height, channels: 3, depth: 8, data, source });
}

/** Milliseconds of the wall clock, and of all cores together, which other work lengthens less. */
async function timing(work: () => Promise<unknown>) {
  const [wall, cores]: [number[], number[]] = [[], []];
  // the first two compile
  for (let i = -2; i < 21; i++) {
    const [begun, used] = [performance.now(), process.cpuUsage()];
    await work();
    const { user, system } = process.cpuUsage(used);
    if (i < 0) continue;
    wall.push(performance.now() - begun);
    cores.push((user + system) / 1000);
  }
  const middle = (times: number[]): number => {
    const sorted = times.toSorted((p, q) => p - q);
    return Math.round(10 * sorted[sorted.length >> 1]!) / 10;
  };
  const least = Math.round(10 * Math.min(...wall)) / 10;
  return { median: middle(wall), least, 'all cores, median': middle(cores) };
}

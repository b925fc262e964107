/**
 * Steadier landmarks for portraits.json: one look of YuNet's at a face is off by a tenth of the distance of its eyes, the
 * median of many looks, each at another size, is not. portraits.ts reads what it writes.
 */
import { join } from 'node:path';
import sharp from 'sharp';
import { openModel } from '../../src/engine/runtime/ort-model.ts';
import type { Face } from '../../src/faces/face.ts';
import { merged, overlap } from '../../src/faces/overlap.ts';
import { yunetFaces } from '../../src/faces/yunet.ts';
import type { YunetModel } from '../../src/faces/yunet.ts';
import { writeWhole } from '../../src/imaging/write.ts';
import { command } from '../command.ts';
import { medianPlaces } from './median.ts';
import type { Places } from './median.ts';
import { MIRRORED, UPRIGHT, five } from './points.ts';
import { isHeldOut, readLabels } from './portraits.ts';
import type { Label } from './portraits.ts';

interface Options {
  readonly portraits: string;
  readonly labels: string;
  readonly yunet: string;
  readonly out: string;
}

const { portraits, labels, yunet, out } = command(
  'node training/detector/relabel.ts',
  'Makes landmarks of portraits steadier: the medians of many looks at each.',
)
  .requiredOption('--portraits <folder>', 'the pictures')
  .requiredOption('--labels <file>', 'their portraits.json')
  .requiredOption('--yunet <file>', 'yunet_n_dynamic.onnx, which looks')
  .requiredOption('--out <file>', 'the new portraits.json')
  .parse()
  .opts<Options>();

/** Sizes looked at, over the portrait's own; those held out are looked at in all of them, since they are measured against. */
const SCALES = [0.55, 0.65, 0.75, 0.85, 0.95, 1, 1.1, 1.25, 1.45] as const;
/** Of those, for portraits trained on. */
const TRAINED = 4;
/** A look has seen the face where their boxes overlap (IoU) so much. */
const SAME = 0.5;
/** Where fewer looks than this share find the face, its old landmarks stay. */
const LEAST_LOOKS = 0.5;

const model = await openModel(yunet);
const all = await readLabels(labels);
const changed: Label[] = [];
for (const label of all) {
  const looks = (isHeldOut(label.file) ? SCALES : SCALES.slice(0, TRAINED)).flatMap((scale, i) => [
    { scale, mirror: false, margin: (11 * i) % 32 },
    { scale, mirror: true, margin: (11 * i + 5) % 32 },
  ]);
  const seen: Places[][] = label.faces.map(() => []);
  if (label.faces.length > 0)
    for (const look of looks) {
      const found = await lookAt(model, join(portraits, label.file), label, look);
      label.faces.forEach(({ box: [left, top, width, height] }, i) => {
        const same = found.filter(({ box }) => overlap(box, { left, top, width, height }) >= SAME);
        const [best] = same.sort((p, q) => q.score - p.score);
        if (best) seen[i]!.push(best.landmarks.map(({ x, y }) => [x, y] as const));
      });
    }
  const faces = label.faces.map((face, i) => {
    const enough = seen[i]!.length >= LEAST_LOOKS * looks.length;
    return enough ? { ...face, landmarks: medianPlaces(seen[i]!) } : face;
  });
  changed.push({ ...label, faces });
}
await model.release();
await writeWhole(out, `${JSON.stringify(changed)}\n`);

interface Look {
  readonly scale: number;
  readonly mirror: boolean;
  /** Black pixels to the left and above, which shift the picture against the network's strides. */
  readonly margin: number;
}

/** What YuNet finds, in pixels of the portrait. */
async function lookAt(yunet: YunetModel, path: string, size: Label, look: Look): Promise<Face[]> {
  const { scale, mirror, margin } = look;
  const [width, height] = [Math.round(size.width * scale), Math.round(size.height * scale)];
  const shrunk = sharp(path).toColourspace('srgb').removeAlpha().resize(width, height, { fit: 'fill' });
  const { data, info } = await shrunk.raw().toBuffer({ resolveWithObject: true });
  const [wide, high] = [width + margin, height + margin];
  const picture = new Uint8Array(3 * wide * high);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++)
      for (let c = 0; c < 3; c++) {
        const from =
          info.channels * (y * width + (mirror ? width - 1 - x : x)) + Math.min(c, info.channels - 1);
        picture[3 * ((y + margin) * wide + x + margin) + c] = data[from]!;
      }
  const found = merged(await yunetFaces(yunet, { width: wide, height: high, data: picture }));
  const across = (x: number): number => (mirror ? width - (x - margin) : x - margin) * (size.width / width);
  const down = (y: number): number => (y - margin) * (size.height / height);
  const order = mirror ? MIRRORED : UPRIGHT;
  return found.map(({ score, box, landmarks }) => {
    const [p, q] = [across(box.left), across(box.left + box.width)];
    const top = down(box.top);
    return {
      score,
      box: { left: Math.min(p, q), top, width: Math.abs(q - p), height: down(box.top + box.height) - top },
      landmarks: five((i) => ({ x: across(landmarks[order[i]].x), y: down(landmarks[order[i]].y) })),
    };
  });
}

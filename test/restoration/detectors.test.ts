/** The bundled detector as it ships, on the demo's face put into larger pictures. Subject: src/restoration/detectors.ts. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { writeSafetensors } from '../../src/engine/checkpoint/safetensors-write.ts';
import { openRuntime } from '../../src/engine/runtime/ort.ts';
import type { Runtime } from '../../src/engine/runtime/session.ts';
import type { Face } from '../../src/faces/face.ts';
import type { Photograph } from '../../src/imaging/photograph.ts';
import { openDetector, pixelSourceOf } from '../../src/restoration/detectors.ts';
import type { OpenDetector } from '../../src/restoration/detectors.ts';

const DEMO = join(import.meta.dirname, '../../resources/demo/face.png');

let folder: string;
let runtime: Runtime;
let detector: OpenDetector;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'albumen-detectors-'));
  runtime = await openRuntime('cpu');
  detector = await openDetector('bundled', runtime);
});
afterAll(async () => {
  await detector.release();
  await runtime.release();
  await rm(folder, { recursive: true });
});

function photographOf(width: number, height: number, data: Uint8Array): Photograph {
  const source = { path: '', format: 'png' as const, width, height, orientation: 1, pages: 1 };
  return { width, height, channels: 3, depth: 8, data, source };
}

/** A plain picture with aligned faces (as FFHQ is) of `side` pixels at these places. */
async function scene(
  width: number,
  height: number,
  places: readonly { readonly left: number; readonly top: number; readonly side: number }[],
  tone = 150,
): Promise<Photograph> {
  const background = { r: tone, g: tone, b: tone };
  const layers = places.map(async ({ left, top, side }) => {
    return { input: await sharp(DEMO).resize(side, side).removeAlpha().png().toBuffer(), left, top };
  });
  const data = await sharp({ create: { width, height, channels: 3, background } })
    .composite(await Promise.all(layers))
    .removeAlpha()
    .raw()
    .toBuffer();
  return photographOf(width, height, data);
}

const find = (photo: Photograph): Promise<Face[]> => detector.detect(pixelSourceOf(photo));

/** Where FFHQ's alignment puts the eyes and the mouth, in parts of the crop. */
const EYES = [
  { x: 0.38, y: 0.47 },
  { x: 0.62, y: 0.47 },
] as const;

describe('the bundled detector', () => {
  test('finds the one face of a picture wherever it lies, at sizes from small to whole', async () => {
    for (const [width, height, left, top, side] of [
      [400, 300, 20, 30, 128],
      [400, 300, 250, 150, 128],
      [300, 400, 60, 60, 220],
      [700, 600, 480, 60, 90],
      [1000, 1000, 50, 50, 900],
    ] as const) {
      const faces = await find(await scene(width, height, [{ left, top, side }]));
      const what = `${side} pixels at ${left}, ${top}`;
      expect(faces, what).toHaveLength(1);
      const [face] = faces;
      EYES.forEach(({ x, y }, i) => {
        const eye = face?.landmarks[i as 0 | 1] ?? { x: 0, y: 0 };
        const off = Math.hypot(eye.x - left - x * side, eye.y - top - y * side) / side;
        expect(off, what).toBeLessThan(0.06);
      });
    }
  });

  test('finds a group of twelve in a large photo', async () => {
    const places = Array.from({ length: 12 }, (_, i) => ({
      left: 200 + 700 * (i % 4) + 40 * Math.floor(i / 4),
      top: 150 + 620 * Math.floor(i / 4),
      side: 150 + 10 * i,
    }));
    const faces = await find(await scene(3000, 2000, places, 90));
    for (const { left, top, side } of places) {
      const near = faces.filter(({ box }) => {
        const [x, y] = [box.left + box.width / 2, box.top + box.height / 2];
        return Math.hypot(x - left - side / 2, y - top - 0.55 * side) < 0.2 * side;
      });
      expect(near, `${left}, ${top}`).toHaveLength(1);
    }
  });

  test('finds nothing in a plain picture, nor in one too small for a face', async () => {
    expect(await find(await scene(640, 480, []))).toEqual([]);
    for (const [width, height] of [
      [1, 1],
      [1, 2000],
      [8, 8],
    ] as const)
      expect(await find(photographOf(width, height, new Uint8Array(3 * width * height)))).toEqual([]);
  });

  test('can be cancelled', async () => {
    const photo = await scene(300, 300, []);
    const reason = new Error('enough');
    const cancelled = detector.detect(pixelSourceOf(photo), { signal: AbortSignal.abort(reason) });
    await expect(cancelled).rejects.toBe(reason);
  });
});

describe('openDetector', () => {
  test('refuses weights of another model', async () => {
    const path = join(folder, 'other.safetensors');
    writeSafetensors(path, [
      { name: 'stem.weight', shape: [2], type: 'float32', data: Float32Array.of(1, 2) },
    ]);
    await expect(openDetector('bundled', runtime, path)).rejects.toMatchObject({
      code: 'checkpoint.mismatch',
    });
  });

  test('refuses a YuNet file that is no model', async () => {
    const path = join(folder, 'yunet.onnx');
    await writeFile(path, 'not a model');
    await expect(openDetector({ yunet: path }, runtime)).rejects.toMatchObject({ code: 'model.unsupported' });
  });
});

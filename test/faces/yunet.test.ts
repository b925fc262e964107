/** YuNet's outputs read as faces, from a model made up here. Subject: src/faces/yunet.ts. */
import { expect, test } from 'vitest';
import { UserError } from '../../src/domain/errors.ts';
import { yunetDetector, yunetFaces } from '../../src/faces/yunet.ts';
import type { YunetModel } from '../../src/faces/yunet.ts';

/** Puts out one face in cell (column, row) of stride 16 and notes what it was given. */
class FakeYunet implements YunetModel {
  readonly inputs = ['input'];
  given: { readonly data: Float32Array; readonly shape: readonly number[] } | undefined;
  readonly score: number;

  constructor(score = 0.81) {
    this.score = score;
  }

  async run(feeds: Parameters<YunetModel['run']>[0]): ReturnType<YunetModel['run']> {
    const input = feeds['input'];
    if (!input) throw new Error('no input');
    this.given = input;
    const [, , height = 0, width = 0] = input.shape;
    const out: Record<string, { data: Float32Array; shape: number[] }> = {};
    for (const stride of [8, 16, 32]) {
      const cells = (width / stride) * (height / stride);
      for (const [name, channels] of [
        ['cls', 1],
        ['obj', 1],
        ['bbox', 4],
        ['kps', 10],
      ] as const)
        out[`${name}_${stride}`] = { data: new Float32Array(channels * cells), shape: [1, cells, channels] };
    }
    const at = width / 16 + 2; // column 2, row 1
    out['cls_16']!.data[at] = 1.2;
    out['obj_16']!.data[at] = this.score ** 2;
    out['bbox_16']!.data.set([0.5, 0.25, Math.log(3), Math.log(4)], 4 * at);
    out['kps_16']!.data.set([-1, -1, 1, -1, 0, 0, -1, 1, 1, 1], 10 * at);
    return out;
  }
}

const picture = { width: 70, height: 50, data: new Uint8Array(3 * 70 * 50) };

test('a candidate is its cell with offsets in strides and sizes as logarithms', async () => {
  const [face, ...more] = await yunetFaces(new FakeYunet(), picture);
  expect(more).toEqual([]);
  expect(face?.score).toBeCloseTo(0.81);
  expect(face?.box.width).toBeCloseTo(48);
  expect(face?.box.height).toBeCloseTo(64);
  expect(face?.box.left).toBeCloseTo(2.5 * 16 - 24);
  expect(face?.box.top).toBeCloseTo(1.25 * 16 - 32);
  expect(face?.landmarks[0]).toEqual({ x: 16, y: 0 });
  expect(face?.landmarks[4]).toEqual({ x: 48, y: 32 });
});

test('what YuNet is unsure of is left out', async () => {
  expect(await yunetFaces(new FakeYunet(0.49), picture)).toEqual([]);
});

test('it is given planes of blue, green and red, filled up to multiples of 32 with black', async () => {
  const data = new Uint8Array(3 * 70 * 50);
  data.set([10, 20, 30], 3 * (70 + 69));
  const model = new FakeYunet();
  await yunetFaces(model, { width: 70, height: 50, data });
  expect(model.given?.shape).toEqual([1, 3, 64, 96]);
  const plane = 64 * 96;
  const at = 96 + 69;
  expect([0, 1, 2].map((c) => model.given?.data[c * plane + at])).toEqual([30, 20, 10]);
  expect(model.given?.data[at + 1]).toBe(0);
});

test('a model with other outputs is refused in a sentence', async () => {
  const other: YunetModel = {
    inputs: ['x'],
    run: async () => ({ y: { data: new Float32Array(4), shape: [4] } }),
  };
  const refused = yunetFaces(other, picture);
  await expect(refused).rejects.toBeInstanceOf(UserError);
  await expect(refused).rejects.toMatchObject({ code: 'model.unsupported' });
});

test('as a detector it searches the photo and gives one face', async () => {
  const detector = yunetDetector(new FakeYunet());
  const photo = { width: 70, height: 50, read: async () => picture };
  expect(await detector.detect(photo)).toHaveLength(1);
});

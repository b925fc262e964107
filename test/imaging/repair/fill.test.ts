/**
 * Filling damage: nothing else changes, what was under it comes back as near as its surroundings tell, with their grain.
 * Read next: repair.test.ts.
 */
import { describe, expect, test } from 'vitest';
import { repairDamage, rimOf } from '../../../src/imaging/repair/fill.ts';
import { emptyMask, paint } from '../../../src/imaging/repair/mask.ts';
import type { Mask } from '../../../src/imaging/repair/mask.ts';
import { random } from '../../../src/imaging/random.ts';
import type { Photograph } from '../../../src/imaging/photograph.ts';
import type { Kind } from './pictures.ts';
import { copyOf, damaged, line, momentsOf, photoOf } from './pictures.ts';

const [W, H] = [700, 560];
const kinds: Kind[] = [{}, { channels: 1 }, { depth: 16 }, { channels: 1, depth: 16 }];

/** A slope of light, warmer than grey. */
const slope = (x: number, y: number, c: number): number => 0.3 + (0.3 * x) / W + (0.2 * y) / H + 0.05 * c;
/** Crosses the border between tiles, at 512. */
const scratch = { ...line(60, 100, 650, 540, 3), value: 1 };

function maskOf(photo: Photograph): Mask {
  return paint(
    emptyMask(photo),
    [
      { x: 60.5, y: 100.5 },
      { x: 650.5, y: 540.5 },
    ],
    2,
  );
}

/** Whether each pixel may be changed. */
function nearMask(mask: Mask, x: number, y: number): boolean {
  const rim = rimOf(mask);
  for (let dy = -rim; dy <= rim; dy++)
    for (let dx = -rim; dx <= rim; dx++) {
      const [mx, my] = [Math.floor((x + dx) / mask.scale), Math.floor((y + dy) / mask.scale)];
      if (mx < 0 || my < 0 || mx >= mask.width || my >= mask.height) continue;
      if (mask.data[my * mask.width + mx]! >= 128) return true;
    }
  return false;
}

describe.each(kinds)('%o', (kind) => {
  const most = kind.depth === 16 ? 65535 : 255;
  const truth = photoOf(W, H, slope, kind);
  const scratched = photoOf(W, H, damaged(slope, [scratch]), kind);
  const mask = maskOf(truth);

  test('the scratch is gone, to a few levels, and nothing else has changed', async () => {
    const photo = copyOf(scratched);
    await repairDamage(photo, mask, { strength: 1 });
    let [worst, outside] = [0, 0];
    photo.data.forEach((value, i) => {
      const p = Math.floor(i / photo.channels);
      if (nearMask(mask, p % W, Math.floor(p / W)))
        worst = Math.max(worst, Math.abs(value - truth.data[i]!) / most);
      else if (value !== scratched.data[i]) outside++;
    });
    expect(outside).toBe(0);
    expect(worst).toBeLessThan(0.02);
  });

  test('strength 0 and an empty mask leave the photo bit for bit; one half does half', async () => {
    const [none, empty, half, whole] = [1, 2, 3, 4].map(() => copyOf(scratched));
    await repairDamage(none!, mask, { strength: 0 });
    await repairDamage(empty!, emptyMask(truth), { strength: 1 });
    expect(none!.data).toEqual(scratched.data);
    expect(empty!.data).toEqual(scratched.data);
    await repairDamage(half!, mask, { strength: 0.5 });
    await repairDamage(whole!, mask, { strength: 1 });
    const at = (320 * W + 355) * truth.channels;
    expect(Math.abs(whole!.data[at]! - scratched.data[at]!)).toBeGreaterThan(0.1 * most);
    const middle = (whole!.data[at]! + scratched.data[at]!) / 2;
    expect(Math.abs(half!.data[at]! - middle)).toBeLessThan(0.01 * most);
  });
});

test('the fill has the grain of its surroundings', async () => {
  const draw = random(9, 1);
  const grain = Float32Array.from({ length: W * H }, () => 0.04 * draw.normal());
  const grainy = photoOf(W, H, (x, y) => 0.5 + grain[y * W + x]!, { channels: 1 });
  const photo = copyOf(grainy);
  const mask = paint(
    emptyMask(photo),
    [
      { x: 100, y: 200 },
      { x: 600, y: 210 },
    ],
    4,
  );
  await repairDamage(photo, mask, { strength: 1 });
  const inside: number[] = [];
  const outside: number[] = [];
  for (let p = 0; p < W * H; p++) {
    if (mask.data[p]) inside.push(photo.data[p]! / 255);
    else if (photo.data[p] === grainy.data[p]) outside.push(photo.data[p]! / 255);
  }
  expect(inside.length).toBeGreaterThan(3000);
  const ratio = momentsOf(inside).deviation / momentsOf(outside).deviation;
  expect(ratio).toBeGreaterThan(0.75);
  expect(ratio).toBeLessThan(1.25);
});

test('a photo larger than its mask, damaged up to its corner', async () => {
  const [w, h] = [2500, 700];
  const plain = photoOf(w, h, () => 0.5, { channels: 1 });
  const photo = photoOf(w, h, (x, y) => (x > 2480 && y > 680 ? 1 : 0.5), { channels: 1 });
  const mask = paint(emptyMask(photo), [{ x: 2490, y: 690 }], 15);
  expect(mask.scale).toBe(2);
  await repairDamage(photo, mask, { strength: 1 });
  expect(photo.data).toEqual(plain.data);
});

test('progress counts tiles; an aborted repair stops between them', async () => {
  const photo = photoOf(1200, 100, () => 0.5, { channels: 1 });
  const mask = paint(
    emptyMask(photo),
    [
      { x: 10, y: 50 },
      { x: 1190, y: 50 },
    ],
    1,
  );
  const seen: [number, number][] = [];
  await repairDamage(photo, mask, { strength: 1, onProgress: (...counts) => seen.push(counts) });
  expect(seen).toEqual([
    [1, 3],
    [2, 3],
    [3, 3],
  ]);
  const controller = new AbortController();
  const stopped = repairDamage(photo, mask, {
    strength: 1,
    signal: controller.signal,
    onProgress: () => controller.abort(),
  });
  await expect(stopped).rejects.toMatchObject({ code: 'cancelled' });
});

test.each([-0.1, 1.1, NaN])('strength %d is refused', async (strength) => {
  const photo = photoOf(10, 10, () => 0.5);
  await expect(repairDamage(photo, emptyMask(photo), { strength })).rejects.toMatchObject({ code: 'usage' });
});

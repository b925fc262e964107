/**
 * Finding damage: what is marked of made scratches and specks, and how little of pictures without any.
 * Read next: fill.test.ts.
 */
import { describe, expect, test } from 'vitest';
import { degrade } from '../../../src/imaging/degrade.ts';
import { findDamage } from '../../../src/imaging/repair/damage.ts';
import { markedShare } from '../../../src/imaging/repair/mask.ts';
import type { Mask } from '../../../src/imaging/repair/mask.ts';
import type { Damage, Kind } from './pictures.ts';
import { damaged, line, photoOf, scene, speck } from './pictures.ts';

const [W, H] = [700, 800];
const clean = scene(W, H);
const scratches = [line(100, 20, 160, 420, 2), line(300, 60, 640, 110, 1.5), line(560, 300, 600, 760, 2.5)];
const specks = [speck(60, 500, 2), speck(220, 120, 3), speck(500, 200, 2.5), speck(640, 620, 2)];
const light = [...scratches, ...specks].map((damage) => ({ ...damage, value: 0.97 }));

/** The part of the pixels a damage covers by half or more that is marked. */
function recall(mask: Mask, damages: readonly Damage[]): number {
  let [covered, marked] = [0, 0];
  for (let y = 0; y < mask.height; y++)
    for (let x = 0; x < mask.width; x++) {
      const place = [(x + 0.5) * mask.scale - 0.5, (y + 0.5) * mask.scale - 0.5] as const;
      if (!damages.some((damage) => damage.covered(...place) >= 0.5)) continue;
      covered++;
      if (mask.data[y * mask.width + x]! >= 128) marked++;
    }
  return marked / covered;
}

/** How many marked pixels are further than 3 pixels from any damage. */
function falseAlarms(mask: Mask, damages: readonly Damage[]): number {
  let alarms = 0;
  for (let y = 0; y < mask.height; y++)
    for (let x = 0; x < mask.width; x++) {
      if (mask.data[y * mask.width + x]! < 128) continue;
      let near = false;
      for (let dy = -3; dy <= 3 && !near; dy++)
        for (let dx = -3; dx <= 3 && !near; dx++) near = damages.some((d) => d.covered(x + dx, y + dy) > 0);
      if (!near) alarms++;
    }
  return alarms;
}

describe('a picture without damage', () => {
  test.each<Kind>([{}, { channels: 1 }, { depth: 16 }])('has hardly a pixel marked: %o', async (kind) => {
    expect(markedShare(await findDamage(photoOf(W, H, clean, kind)))).toBeLessThan(0.001);
  });

  test.each([0, 0.04, 0.1])('whatever its grain: %d', async (grain) => {
    expect(markedShare(await findDamage(photoOf(W, H, scene(W, H, grain))))).toBeLessThan(0.001);
  });

  test('nor does hatching or a weave count', async () => {
    const hatched = photoOf(W, H, (x, y) => 0.5 + 0.3 * Math.sign(Math.sin((x + 2 * y) / 3)));
    expect(markedShare(await findDamage(hatched))).toBeLessThan(0.001);
  });
});

describe('light scratches and specks', () => {
  test.each<Kind>([{}, { channels: 1 }, { depth: 16 }])('are found: %o', async (kind) => {
    const mask = await findDamage(photoOf(W, H, damaged(clean, light), kind));
    expect(recall(mask, scratches)).toBeGreaterThan(0.75);
    expect(recall(mask, specks)).toBeGreaterThan(0.75);
    expect(falseAlarms(mask, light) / (W * H)).toBeLessThan(0.001);
  });

  test('so are dark ones', async () => {
    const dark = [scratches[0]!, scratches[1]!, specks[0]!, specks[1]!].map((d) => ({ ...d, value: 0.03 }));
    const mask = await findDamage(photoOf(W, H, damaged(clean, dark)));
    expect(recall(mask, dark)).toBeGreaterThan(0.75);
  });

  test('and faint ones, where they are long', async () => {
    const faint = { ...line(60, 30, 90, 400, 2), value: 0.66 };
    const mask = await findDamage(photoOf(W, H, damaged(clean, [faint])));
    expect(recall(mask, [faint])).toBeGreaterThan(0.6);
  });

  test('and on a photo larger than the overview', async () => {
    const [w, h] = [2600, 500];
    const scratch = { ...line(300, 60, 2300, 200, 4), value: 0.95 };
    const mask = await findDamage(
      photoOf(
        w,
        h,
        damaged(() => 0.4, [scratch]),
        { channels: 1 },
      ),
    );
    expect([mask.scale, mask.width, mask.height]).toEqual([2, 1300, 250]);
    expect(recall(mask, [scratch])).toBeGreaterThan(0.75);
  });

  test('and those that the demo makes', async () => {
    const side = 512;
    const small = scene(side, side, 0);
    const face = Float32Array.from({ length: 3 * side * side }, (_, i) => {
      const p = i % (side * side);
      return 2 * small(p % side, Math.floor(p / side), 1) - 1;
    });
    const scratched = await degrade(face, [{ kind: 'scratches', count: 4, width: 2, strength: 0.9 }], 3);
    const at = (image: Float32Array) => (x: number, y: number, c: number) =>
      (image[c * side * side + y * side + x]! + 1) / 2;
    const mask = await findDamage(photoOf(side, side, at(scratched)));
    let [changed, marked] = [0, 0];
    for (let p = 0; p < side * side; p++) {
      if (scratched[p]! - face[p]! < 0.3) continue;
      changed++;
      if (mask.data[p]) marked++;
    }
    expect(changed).toBeGreaterThan(1000);
    expect(marked / changed).toBeGreaterThan(0.6);
  });
});

test('in a face only the plainest damage counts', async () => {
  const catchlight = { ...speck(360, 262, 1.5), value: 0.7 };
  const dust = { ...speck(315, 380, 2), value: 0.1 };
  const photo = photoOf(W, H, damaged(clean, [catchlight, dust, ...light]));
  const faces = [{ left: 200, top: 120, width: 230, height: 320 }];
  const [free, guarded] = [await findDamage(photo), await findDamage(photo, { faces })];
  const inFace = (mask: Mask): number => {
    let count = 0;
    for (let y = 240; y < 290; y++) for (let x = 240; x < 400; x++) if (mask.data[y * W + x]) count++;
    return count;
  };
  expect(inFace(free)).toBeGreaterThan(0);
  expect(inFace(guarded)).toBe(0);
  expect(recall(guarded, [dust])).toBeGreaterThan(0.75);
  expect(recall(guarded, [scratches[0]!])).toBeGreaterThan(0.75);
});

test('tiny pictures have no damage, and no trouble', async () => {
  for (const [w, h] of [
    [1, 1],
    [1, 300],
    [5, 3],
  ] as const) {
    const mask = await findDamage(photoOf(w, h, () => 0.5));
    expect([mask.width, mask.height, markedShare(mask)]).toEqual([w, h, 0]);
  }
});

test('an aborted search stops', async () => {
  const photo = photoOf(50, 50, () => 0.5);
  await expect(findDamage(photo, { signal: AbortSignal.abort() })).rejects.toMatchObject({
    code: 'cancelled',
  });
});

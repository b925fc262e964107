/**
 * The repairs together, and the library they borrow from.
 * Read next: damage.test.ts, fill.test.ts, tone.test.ts, denoise.test.ts.
 */
import { describe, expect, test } from 'vitest';
import { openFilters } from '../../../src/imaging/repair/opencv.ts';
import { repairPhoto } from '../../../src/imaging/repair/repair.ts';
import type { RepairStep } from '../../../src/imaging/repair/repair.ts';
import { emptyMask, markedShare } from '../../../src/imaging/repair/mask.ts';
import { DEFAULT_REPAIR, NO_REPAIR } from '../../../src/imaging/repair/settings.ts';
import { copyOf, damaged, line, photoOf, scene } from './pictures.ts';

const [W, H] = [420, 480];
const scratch = { ...line(60, 20, 90, 460, 2), value: 1 };
const truth = photoOf(W, H, scene(W, H));
const scratched = damaged(scene(W, H, 0), [scratch]);
const aged = photoOf(W, H, (x, y, c) => 0.25 + 0.5 * scratched(x, y, c), {
  channels: 1,
});

test('opening the library leaves the process’s handlers as they were', async () => {
  const handlers = (): number =>
    process.listenerCount('uncaughtException') + process.listenerCount('unhandledRejection');
  const before = handlers();
  const filters = await openFilters();
  expect(handlers()).toBe(before);
  expect(await openFilters()).toBe(filters);
  expect(filters.median(Uint8Array.of(1, 9, 1, 1, 1, 1, 1, 1, 1), { width: 3, height: 3 }, 3)[4]).toBe(1);
});

describe('settings', () => {
  test('nothing asked, nothing changed', async () => {
    const photo = copyOf(aged);
    expect(await repairPhoto(photo, NO_REPAIR)).toBeUndefined();
    expect(photo.data).toEqual(aged.data);
  });

  test('every step runs alone, in place, and reports itself', async () => {
    for (const step of ['tone', 'scratches'] as const) {
      const photo = copyOf(aged);
      const steps = new Set<RepairStep>();
      const mask = await repairPhoto(photo, { ...NO_REPAIR, [step]: 1 }, { onProgress: (s) => steps.add(s) });
      expect([...steps]).toEqual([step]);
      expect(photo.data).not.toEqual(aged.data);
      expect(mask !== undefined).toBe(step === 'scratches');
    }
  });

  test('"repair" finds the scratch and takes it away', async () => {
    const photo = copyOf(aged);
    const mask = await repairPhoto(photo, DEFAULT_REPAIR);
    expect(markedShare(mask!)).toBeGreaterThan(0.002);
    const contrast = ({ data }: typeof photo): number => {
      let sum = 0;
      for (let y = 40; y < 440; y++) {
        const x = Math.round(60 + (30 * (y - 20)) / 440);
        sum += data[y * W + x]! - (data[y * W + x - 8]! + data[y * W + x + 8]!) / 2;
      }
      return sum / 400;
    };
    expect(contrast(aged)).toBeGreaterThan(30);
    expect(Math.abs(contrast(photo))).toBeLessThan(4);
  });

  test('a mask that a person made is taken as it is', async () => {
    const photo = copyOf(aged);
    const mask = emptyMask(photo);
    expect(await repairPhoto(photo, { ...NO_REPAIR, scratches: 1 }, { mask })).toBe(mask);
    expect(photo.data).toEqual(aged.data);
  });

  test.each(['tone', 'scratches', 'denoise'] as const)(
    '%s out of range is refused before anything',
    async (step) => {
      const photo = copyOf(truth);
      const settings = { tone: 1, scratches: 1, denoise: 1, [step]: 2 };
      await expect(repairPhoto(photo, settings)).rejects.toMatchObject({ code: 'usage' });
      expect(photo.data).toEqual(truth.data);
    },
  );
});

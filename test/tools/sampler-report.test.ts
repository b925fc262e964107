/** The table of samplers: means, differences to the published walk, and the choice of the cheapest that is as good. */
import { expect, test } from 'vitest';
import { sharpnessOf } from '../../tools/eval/faces.ts';
import { KS, REFERENCE, WAYS, cheapest, samplerTables } from '../../tools/eval/sampler-report.ts';
import type { SamplerRow, Way } from '../../tools/eval/sampler-report.ts';

/** Every way at every K, for two faces; `loss` is the share of every figure that a way loses. */
function rowsWith(loss: (way: Way, K: number) => number): SamplerRow[] {
  const row = (file: string, K: number, way: Way | undefined, kept: number): SamplerRow => {
    const base = file === 'a' ? 0.5 : 0.7;
    return {
      ...{ file, damage: 'noise', K, way, identity: base * kept, psnr: 40 * base * kept, ssim: base * kept },
      sharpness: 100,
    };
  };
  return ['a', 'b'].flatMap((file) =>
    KS.flatMap((K) => [
      row(file, K, undefined, 0.9),
      ...WAYS.map((way) => row(file, K, way, way.steps === 200 ? 1 : 1 - loss(way, K))),
    ]),
  );
}

test('the cheapest is the one with the fewest steps that loses at most 1 % at every K', () => {
  const rows = rowsWith(({ sampler, steps }, K) => {
    if (sampler === 'ddim') return steps >= 20 ? 0.005 : 0.02;
    if (sampler === 'dpmpp') return steps >= 12 && (K < 300 || steps >= 50) ? 0.001 : 0.02;
    return steps >= 20 ? 0.002 : 0.02;
  });
  const { way, shares } = cheapest(rows);
  expect(way).toEqual({ sampler: 'dpmpp-sde', steps: 20 });
  expect(shares.map(({ share }) => share.toFixed(3))).toEqual(['0.998', '0.998', '0.998']);
  expect(samplerTables(rows)).toContain('published walk at every K: dpmpp-sde, 20 steps');
});

test('where nothing is as good, that is said', () => {
  const rows = rowsWith(() => 0.02);
  expect(cheapest(rows).way).toBeUndefined();
  expect(samplerTables(rows)).toContain('No cheaper way');
});

test('one table for each K, with differences face by face', () => {
  const tables = samplerTables(rowsWith(({ steps }) => (steps === 8 ? 0.1 : 0)));
  expect(tables.match(/^K = \d+, 2 faces/gm)).toHaveLength(3);
  // a loses .05 and b .07 of identity: -.060, sd .0141, over the root of two
  expect(tables).toContain('| ddim, 8 steps | 0.540 | -0.060 ± 0.010 | 21.60 | -2.40 ± 0.40 |');
  expect(tables).toContain(`| ${REFERENCE.sampler}, 100 steps | 0.600 |  |`);
});

test('sharpness is nothing on a ramp and grows with detail', () => {
  const side = 16;
  const image = (f: (x: number, y: number) => number): Float32Array =>
    Float32Array.from({ length: 3 * side * side }, (_, i) => f(i % side, Math.floor(i / side) % side));
  expect(sharpnessOf(image((x) => (x / side) * 2 - 1))).toBeLessThan(1);
  const weak = sharpnessOf(image((x, y) => ((x + y) % 2 ? 0.1 : -0.1)));
  const strong = sharpnessOf(image((x, y) => ((x + y) % 2 ? 0.4 : -0.4)));
  expect(weak).toBeGreaterThan(1000);
  expect(strong / weak).toBeCloseTo(16, -1);
});

/** The tables of the evaluation: means, spread, and differences taken photo by photo. */
import { expect, test } from 'vitest';
import { byDamage, lossTable, overall } from '../../tools/eval/prior-report.ts';
import type { PriorMethod, PriorRow } from '../../tools/eval/prior-report.ts';

function row(file: string, method: PriorMethod, psnr: number, damage: PriorRow['damage'] = 'blur'): PriorRow {
  return { group: 'diverse', file, damage, method, psnr, identity: psnr / 100, ssim: psnr / 50 };
}

const rows = [
  row('a', 'damaged', 20),
  row('b', 'damaged', 30),
  row('a', 'K = 100', 22),
  row('b', 'K = 100', 30),
  row('a', 'damaged', 10, 'noise'),
  row('a', 'K = 100', 12, 'noise'),
];

test('over all damages, with the difference photo by photo', () => {
  // a: 22, 12 less 20, 10 is +2; b: 0; so +1, whose standard error is sqrt(2) / sqrt(2)
  expect(overall(rows, 'diverse').split('\n')).toEqual([
    'All damages, diverse, 2 photos',
    '',
    '| method | identity (sd) | ± se | PSNR, dB (sd) | ± se | SSIM (sd) | ± se |',
    '| --- | --- | --- | --- | --- | --- | --- |',
    '| damaged | 0.200 (0.100) |  | 20.00 (10.00) |  | 0.400 (0.200) |  |',
    '| K = 100 | 0.213 (0.090) | +0.010 ± 0.010 | 21.33 (9.02) | +1.00 ± 1.00 | 0.427 (0.180) | +0.020 ± 0.020 |',
  ]);
});

test('damage by damage; what was not measured is left empty', () => {
  const lines = byDamage(rows, 'psnr').split('\n');
  expect(lines[2]).toContain('| diverse: blur |');
  expect(lines.find((line) => line.startsWith('| K = 100 '))).toMatch(/\|  \| 26\.00 \| 12\.00 \|/);
});

test('the loss at each t', () => {
  const losses = [0.1, 0.3].map((loss, i) => ({
    group: 'legislators' as const,
    file: String(i),
    t: 50,
    loss,
  }));
  expect(lossTable(losses)).toContain('| 50 | 0.2000 (0.1414) |  |');
});

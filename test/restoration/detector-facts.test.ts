/**
 * From which score on a finding surely is a face: what the model.json beside the weights says, else the usual.
 * plan.test.ts has what is done with it.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { sureScore } from '../../src/restoration/detector-facts.ts';

const folder = mkdtempSync(join(tmpdir(), 'albumen-facts-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});
const weights = join(folder, 'detector.safetensors');

test('a model says it, or says nothing', () => {
  expect(sureScore(weights)).toBe(0.87);
  writeFileSync(join(folder, 'model.json'), '{"id": "face-detector"}');
  expect(sureScore(weights)).toBe(0.87);
  writeFileSync(join(folder, 'model.json'), '{"id": "face-detector", "sure": 0.91}');
  expect(sureScore(weights)).toBe(0.91);
  expect(sureScore()).toBeGreaterThan(0.5);
});

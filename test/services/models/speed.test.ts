/** The speed that is shown follows the connection, and does not remember for long. */
import { expect, test } from 'vitest';
import { speedometer } from '../../../src/services/models/speed.ts';

test('speed is of the last seconds', () => {
  let at = 0;
  const meter = speedometer(() => at);
  expect(meter(0)).toBe(0);
  at = 1000;
  expect(meter(5_000_000)).toBe(5_000_000);
  for (at = 2000; at <= 12_000; at += 1000) meter(5_000_000);
  expect(meter(5_000_000)).toBe(0);
});

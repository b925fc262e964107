/**
 * What a bundled detector's model.json says of its scores: from which one on a finding surely is a face. It lies beside the
 * weights, so that training them anew changes both. plan.ts leaves alone what scored less; detectors.ts opens the weights.
 */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import * as v from 'valibot';
import { BUNDLED_DETECTOR } from './detectors.ts';

/** On the old prints this was tried on, what the detector scored lower was as often a lapel as a face. */
const USUAL = 0.87;

const Facts = v.object({ sure: v.optional(v.pipe(v.number(), v.minValue(0), v.maxValue(1)), USUAL) });

/** 0..1: `sure` of the model.json beside the weights, else the usual. */
export function sureScore(weights = BUNDLED_DETECTOR): number {
  const path = join(dirname(weights), 'model.json');
  if (!existsSync(path)) return USUAL;
  return v.parse(Facts, JSON.parse(readFileSync(path, 'utf8'))).sure;
}

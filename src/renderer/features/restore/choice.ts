/**
 * What a restoration is set to before anybody chooses: the defaults of `albumen restore` for whole photographs.
 * RestorePage.svelte changes it photo by photo.
 */
import type { RestoreChoice } from '../../../domain/restoring.ts';
import { DEFAULT_SAMPLER, stepsFor } from '../../../domain/sampling.ts';

const STRENGTH = 100;

export const DEFAULT_CHOICE: RestoreChoice = {
  strength: STRENGTH,
  steps: stepsFor(DEFAULT_SAMPLER, STRENGTH),
  seed: 0,
  candidates: 1,
  prior: { kind: 'prior' },
  repair: { tone: 0, scratches: 0, denoise: 0 },
  faces: [],
};

/**
 * What a restoration is set to before anybody chooses: DESIGN's defaults for the bundled prior.
 * RestorePage.svelte changes it photo by photo.
 */
import type { RestoreChoice } from '../../../domain/restoring.ts';

export const DEFAULT_CHOICE: RestoreChoice = {
  strength: 150,
  steps: 20,
  seed: 0,
  candidates: 1,
  prior: { kind: 'prior' },
  repair: { tone: 0, scratches: 0, denoise: 0 },
  faces: [],
};

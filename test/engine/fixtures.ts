/** The golden files of test/fixtures/golden: which checkpoint each set of figures belongs to. */
import { join } from 'node:path';

export const GOLDEN = join(import.meta.dirname, '../fixtures/golden');
export const golden = (file: string): string => join(GOLDEN, file);

/** [checkpoint, figures] computed with the published reference implementations, float32, CPU. */
export const goldenModels = [
  ['adm-plain.pt', 'adm-plain'],
  ['adm-plain.legacy.pt', 'adm-plain'],
  ['adm-like-gen2res.pt', 'adm-like-gen2res'],
  ['adm-like-ffhq10m.pt', 'adm-like-ffhq10m'],
  ['diffusers-like-celebahq.safetensors', 'diffusers-like-celebahq'],
] as const;

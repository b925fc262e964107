/**
 * Turns what the pretraining writes (prior.json and its parts) into a bundled model: prior.safetensors in float16 and
 * model.json. training/README.md says how the pretraining runs.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeSafetensors } from '../src/engine/checkpoint/safetensors-write.ts';
import { writeWhole } from '../src/imaging/write.ts';
import { command } from '../training/command.ts';

interface Trained {
  readonly config: Record<string, unknown> & { readonly schedule: string; readonly steps: number };
  readonly parts: readonly string[];
  readonly tensors: readonly { name: string; shape: number[]; offset: number; bytes: number }[];
  readonly steps: number;
  readonly images: number;
  readonly curve: readonly (readonly [number, number])[];
}

const [from = '', to = ''] = command(
  'node tools/pack-prior.ts',
  'Turns what the pretraining wrote into a bundled model: prior.safetensors in float16 and model.json.',
)
  .argument('<folder>', 'what the pretraining wrote: prior.json and its parts')
  .argument('<target>', "the model's folder, such as resources/models/face-128")
  .parse().args;
const trained = JSON.parse(readFileSync(join(from, 'prior.json'), 'utf8')) as Trained;
const raw = Buffer.concat(trained.parts.map((part) => readFileSync(join(from, part))));
const bytes = raw.buffer.slice(raw.byteOffset, raw.byteOffset + raw.byteLength);
const tensors = trained.tensors.map(({ name, shape, offset, bytes: length }) => ({
  name,
  shape,
  type: 'float16' as const,
  data: Float32Array.from(new Float16Array(bytes, offset, length / 2)),
}));
const weights = join(to, 'prior.safetensors');
writeSafetensors(weights, tensors, [['format', 'albumen-prior']]);
const { schedule, steps, ...config } = trained.config;
const model = {
  id: 'face-128',
  title: 'Bundled face prior, 128 px',
  licence: 'MIT',
  weights: 'prior.safetensors',
  sha256: createHash('sha256').update(readFileSync(weights)).digest('hex'),
  config,
  schedule,
  steps,
  training: { optimizerSteps: trained.steps, images: trained.images, lossCurve: trained.curve },
};
await writeWhole(join(to, 'model.json'), `${JSON.stringify(model, null, 1)}\n`);
console.log(`${weights}: ${tensors.length} tensors, ${model.sha256}`);

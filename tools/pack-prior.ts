/**
 * Turns what the pretraining writes (prior.json and its parts) into a bundled model: prior.safetensors in float16 and
 * model.json. Run: node tools/pack-prior.ts FOLDER resources/models/face-128
 */
import { createHash } from 'node:crypto';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeSafetensors } from '../src/engine/checkpoint/safetensors-write.ts';

interface Trained {
  readonly config: Record<string, unknown> & { readonly schedule: string; readonly steps: number };
  readonly parts: readonly string[];
  readonly tensors: readonly { name: string; shape: number[]; offset: number; bytes: number }[];
  readonly steps: number;
  readonly images: number;
  readonly curve: readonly (readonly [number, number])[];
}

const [from, to] = process.argv.slice(2);
if (from === undefined || to === undefined) throw new Error('usage: pack-prior.ts FOLDER TARGET');
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
writeFileSync(join(to, 'model.json.tmp'), `${JSON.stringify(model, null, 1)}\n`);
renameSync(join(to, 'model.json.tmp'), join(to, 'model.json'));
console.log(`${weights}: ${tensors.length} tensors, ${model.sha256}`);

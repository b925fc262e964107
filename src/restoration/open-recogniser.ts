/**
 * Opens a face recogniser from an ONNX file: one input [1,3,112,112], one output, its embedding.
 * faces/recogniser.ts says what is done with it; evidence.ts does it.
 */
import { basename } from 'node:path';
import { UserError } from '../domain/errors.ts';
import { quoted } from '../domain/text.ts';
import { openModel } from '../engine/runtime/ort-model.ts';
import type { Model } from '../engine/runtime/ort-model.ts';
import { ARCFACE_SIDE } from '../faces/align.ts';
import { recogniserOf } from '../faces/recogniser.ts';
import type { Recogniser } from '../faces/recogniser.ts';

export interface OpenRecogniser extends Recogniser {
  release(): Promise<void>;
}

/**
 * Tries the network on a grey face, so that one of another kind is known at once. Throws UserError `model.unsupported`.
 */
export async function openRecogniser(path: string, name = basename(path)): Promise<OpenRecogniser> {
  const model = await openModel(path);
  const recogniser = recogniserOf(name, (face) => embedding(model, face));
  try {
    await recogniser.embed(new Float32Array(3 * ARCFACE_SIDE ** 2));
  } catch (cause) {
    await model.release();
    throw new UserError(
      'model.unsupported',
      `${quoted(name)} is not a face recogniser that is known here.`,
      'Give an ONNX network from 112 x 112 pixels to an embedding, such as MobileFaceNet.',
      { cause },
    );
  }
  return { ...recogniser, release: () => model.release() };
}

async function embedding(model: Model, face: Float32Array): Promise<Float32Array> {
  const shape = [1, 3, ARCFACE_SIDE, ARCFACE_SIDE];
  const feeds = Object.fromEntries(model.inputs.map((name) => [name, { data: face, shape }] as const));
  const outputs = Object.values(await model.run(feeds));
  const [first, ...more] = outputs;
  if (!first || more.length > 0) throw new Error(`${outputs.length} outputs`);
  return first.data;
}

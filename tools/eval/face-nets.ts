/**
 * The two networks, no part of the repository, by which evaluations find faces and tell people apart. people.ts and
 * faces.ts run them.
 */
import { join } from 'node:path';
import { openModel } from '../../src/engine/runtime/ort-model.ts';
import type { Model } from '../../src/engine/runtime/ort-model.ts';
import type { Recogniser } from '../../src/faces/recogniser.ts';
import { openRecogniser } from '../../src/restoration/open-recogniser.ts';

export interface FaceNets extends AsyncDisposable {
  /** Finds faces (src/faces/yunet.ts). */
  readonly yunet: Model;
  /** MobileFaceNet. */
  readonly recogniser: Recogniser;
}

/** Opens yunet_n_dynamic.onnx and mobilefacenet.onnx of a folder; throws UserError `model.unsupported` for what is neither. */
export async function openFaceNets(folder: string): Promise<FaceNets> {
  const yunet = await openModel(join(folder, 'yunet_n_dynamic.onnx'));
  const recogniser = await openRecogniser(join(folder, 'mobilefacenet.onnx'));
  return {
    yunet,
    recogniser,
    async [Symbol.asyncDispose]() {
      await Promise.all([yunet.release(), recogniser.release()]);
    },
  };
}

/**
 * A given .onnx file on the CPU, run as it is: for small networks that are not built here, such as a face detector.
 * ort.ts runs the graphs this engine makes itself; tools/eval uses this one for measuring.
 */
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { UserError, invariant } from '../../domain/errors.ts';
import { quoted } from '../../domain/text.ts';

/** Row-major float32 numbers with their shape. */
interface ShapedTensor {
  readonly data: Float32Array;
  readonly shape: readonly number[];
}

/** An opened .onnx file. */
export interface Model {
  /** Names, in the file's order. */
  readonly inputs: readonly string[];
  /** Runs once; blocks the thread while it runs. Outputs by name, the caller's to keep. */
  run(feeds: Readonly<Record<string, ShapedTensor>>): Promise<Record<string, ShapedTensor>>;
  release(): Promise<void>;
}

const ERRORS_ONLY = 3;

/** Opens a model on the CPU. Throws UserError `model.unsupported` for a file that is no model onnxruntime can run. */
export async function openModel(path: string): Promise<Model> {
  const session = await open(path);
  return {
    inputs: session.inputNames,
    async run(feeds) {
      const tensors = Object.fromEntries(
        session.inputNames.map((name) => {
          const given = feeds[name];
          invariant(given, `input ${name} is missing`);
          return [name, new Tensor('float32', given.data, given.shape)];
        }),
      );
      const outputs = Object.entries(await session.run(tensors));
      return Object.fromEntries(
        outputs.map(([name, { data, dims }]) => {
          invariant(data instanceof Float32Array, `output ${name} is not float32`);
          return [name, { data, shape: dims }];
        }),
      );
    },
    release: () => session.release(),
  };
}

async function open(path: string): Promise<InferenceSession> {
  try {
    return await InferenceSession.create(await readFile(path), {
      executionProviders: ['cpu'],
      logSeverityLevel: ERRORS_ONLY,
    });
  } catch (cause) {
    const sentence = `${quoted(basename(path))} is not a model that can be run.`;
    throw new UserError('model.unsupported', sentence, 'Give an ONNX file.', { cause });
  }
}

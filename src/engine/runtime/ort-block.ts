/**
 * The block of the CPU's blocked order [N][C/b][H][W][b] (ADR 2): asked of onnxruntime itself, since it depends on the
 * processor. ort.ts lowers graphs accordingly.
 */
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { encodeModel } from '../onnx/model.ts';

let knownBlockSize: Promise<number> | undefined;

/**
 * How many channels this CPU's blocked kernels put together (8 with AVX2, 16 with AVX-512), 1 where it has none: found by
 * reordering an image of 32 channels and 2 pixels and looking where the second channel went.
 */
export function blockSize(): Promise<number> {
  knownBlockSize ??= findBlockSize();
  return knownBlockSize;
}

async function findBlockSize(): Promise<number> {
  const shape = [1, 32, 2, 1];
  const info = (name: string) => ({ name, type: 'float32', shape }) as const;
  const model = encodeModel({
    name: 'block-size',
    nodes: [
      { name: 'reorder', op: 'ReorderInput', domain: 'com.microsoft.nchwc', inputs: ['x'], outputs: ['z'] },
      { name: 'y', op: 'Identity', inputs: ['z'], outputs: ['y'] },
    ],
    inputs: [info('x')],
    outputs: [info('y')],
    initializers: [],
  });
  let session: InferenceSession;
  try {
    session = await InferenceSession.create(model, { logSeverityLevel: 4 });
  } catch {
    // a build or CPU without blocked kernels: everything stays in plain order
    return 1;
  }
  const numbered = Float32Array.from({ length: 64 }, (_, i) => i);
  const { y } = await session.run({ x: new Tensor('float32', numbered, shape) });
  await session.release();
  const order = y?.data;
  if (!(order instanceof Float32Array)) return 1;
  // channel c, pixel p holds 2c + p: the first pixel's channels come first, then the second pixel's
  const block = order.indexOf(1);
  const arranged = (i: number): number => {
    const [group, inside] = [Math.floor(i / (2 * block)), i % (2 * block)];
    return 2 * (group * block + (inside % block)) + Math.floor(inside / block);
  };
  return block > 1 && order.every((value, i) => value === arranged(i)) ? block : 1;
}

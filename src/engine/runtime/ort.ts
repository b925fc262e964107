/**
 * onnxruntime-node behind the Runtime port: the only file that imports it. Sessions are cached by graph and weights; on
 * the CPU all sessions of a model share one copy of each weight, passed as inputs (ADR 2). providers.ts decides which.
 */
import { createHash } from 'node:crypto';
import { InferenceSession, Tensor, listSupportedBackends } from 'onnxruntime-node';
import { invariant } from '../../domain/errors.ts';
import type { Graph, NamedValue } from '../graph/ir.ts';
import { sizeOf } from '../graph/shape.ts';
import type { Dialect } from '../onnx/emit.ts';
import { lower } from '../onnx/lower.ts';
import type { LoweredModel } from '../onnx/lower.ts';
import { encodeModel } from '../onnx/model.ts';
import { physicalCores } from './cores.ts';
import type { Executable, ProviderName, Runtime, Tensors, WeightSource } from './session.ts';
import { WeightCache } from './weights.ts';

export interface OrtOptions {
  /** Default: physical cores. */
  readonly threads?: number;
  /**
   * How graphs are written for the CPU: `blocked` (the default) or, for comparison in benches and tests, `plain`
   * (com.microsoft's kernels, row-major) and `portable` (standard ONNX, as other providers get it).
   */
  readonly lowering?: 'blocked' | 'plain' | 'portable';
}

const ERRORS_ONLY = 3;

/** Providers this build of onnxruntime has for this platform, CPU last. */
export function builtProviders(): ProviderName[] {
  const known: readonly ProviderName[] = ['cuda', 'dml', 'coreml', 'webgpu'];
  const built = new Set(listSupportedBackends().map((b) => b.name));
  return [...known.filter((name) => built.has(name)), 'cpu'];
}

/** Opens a runtime on exactly this provider. Whether it really runs there shows at the first compile and run. */
export async function openRuntime(provider: ProviderName, options: OrtOptions = {}): Promise<Runtime> {
  const threads = options.threads ?? physicalCores();
  const lowering = provider === 'cpu' ? (options.lowering ?? 'blocked') : 'portable';
  const block = lowering === 'blocked' ? await blockSize() : 1;
  const dialect: Dialect = lowering === 'portable' ? { kind: 'portable' } : { kind: 'cpu', block };
  return new OrtRuntime(provider, dialect, threads, lowering === 'blocked' ? 'inputs' : 'initializers');
}

class OrtRuntime implements Runtime {
  readonly provider: ProviderName;
  readonly #dialect: Dialect;
  readonly #threads: number;
  readonly #weightsAs: 'inputs' | 'initializers';
  readonly #sessions = new Map<string, Promise<OrtExecutable>>();
  readonly #weights = new WeightCache<Tensor>((data, shape) => new Tensor('float32', data, shape));

  constructor(
    provider: ProviderName,
    dialect: Dialect,
    threads: number,
    weightsAs: 'inputs' | 'initializers',
  ) {
    this.provider = provider;
    this.#dialect = dialect;
    this.#threads = threads;
    this.#weightsAs = weightsAs;
  }

  async compile(
    graph: Graph,
    weights: WeightSource,
    live: ReadonlySet<string> = new Set(),
  ): Promise<Executable> {
    const model = lower(graph, { dialect: this.#dialect, weights: this.#weightsAs, live });
    const inputs = [...graph.inputs, ...graph.parameters.filter(({ name }) => live.has(name))];
    const key = `${createHash('sha256').update(model.bytes).digest('hex')} ${weights.id}`;
    const known = this.#sessions.get(key);
    if (known) return known;
    const opened = this.#open(key, inputs, model, weights);
    this.#sessions.set(key, opened);
    opened.catch(() => this.#sessions.delete(key));
    return opened;
  }

  async #open(
    key: string,
    inputs: readonly NamedValue[],
    model: LoweredModel,
    weights: WeightSource,
  ): Promise<OrtExecutable> {
    const options: InferenceSession.SessionOptions = {
      executionProviders: [this.provider],
      intraOpNumThreads: this.#threads,
      logSeverityLevel: ERRORS_ONLY,
      // the pattern's one large block comes on top of the arena's chunks: adm256 at 1.41 GB instead of 1.07, no faster
      enableMemPattern: false,
    };
    const forget = (): void => {
      this.#sessions.delete(key);
    };
    if (this.#weightsAs === 'inputs') {
      const session = await InferenceSession.create(model.bytes, options);
      const lease = this.#weights.lease(weights, model.parameters);
      return new OrtExecutable(session, inputs, lease.tensors, () => {
        forget();
        lease.release();
      });
    }
    const external = new WeightCache<Uint8Array>((data) => new Uint8Array(data.buffer));
    const lease = external.lease(weights, model.parameters);
    options.externalData = Object.entries(lease.tensors).map(([path, data]) => ({ path, data }));
    const session = await InferenceSession.create(model.bytes, options);
    return new OrtExecutable(session, inputs, {}, forget);
  }

  async release(): Promise<void> {
    const sessions = await Promise.allSettled(this.#sessions.values());
    for (const session of sessions) if (session.status === 'fulfilled') await session.value.release();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.release();
  }
}

class OrtExecutable implements Executable {
  readonly #session: InferenceSession;
  readonly #inputs: readonly NamedValue[];
  readonly #weights: Readonly<Record<string, Tensor>>;
  readonly #onRelease: () => void;
  #released = false;

  constructor(
    session: InferenceSession,
    inputs: readonly NamedValue[],
    weights: Readonly<Record<string, Tensor>>,
    onRelease: () => void,
  ) {
    this.#session = session;
    this.#inputs = inputs;
    this.#weights = weights;
    this.#onRelease = onRelease;
  }

  async run(inputs: Tensors): Promise<Tensors> {
    invariant(!this.#released, 'run after release');
    const feeds: Record<string, Tensor> = { ...this.#weights };
    for (const { name, value } of this.#inputs) {
      const data = inputs[name];
      invariant(data, `input ${name} is missing`);
      invariant(data.length === sizeOf(value.shape), `input ${name} has ${data.length} elements`);
      feeds[name] = new Tensor('float32', data, value.shape);
    }
    const outputs = await this.#session.run(feeds);
    const result: Record<string, Float32Array> = {};
    for (const [name, tensor] of Object.entries(outputs)) {
      invariant(tensor.data instanceof Float32Array, `output ${name} is not float32`);
      result[name] = tensor.data;
    }
    return result;
  }

  async release(): Promise<void> {
    if (this.#released) return;
    this.#released = true;
    this.#onRelease();
    await this.#session.release();
  }
}

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

/**
 * onnxruntime-node behind the Runtime port; this and the ort-*.ts are the only files that import it. Sessions are cached
 * by graph and weights; on the CPU all sessions of a model share one copy of each weight, passed as inputs (ADR 2).
 * providers.ts decides which provider is opened.
 */
import { createHash } from 'node:crypto';
import { InferenceSession, Tensor, listSupportedBackends } from 'onnxruntime-node';
import { invariant } from '../../domain/errors.ts';
import type { Graph, NamedValue } from '../graph/ir.ts';
import type { Dialect } from '../onnx/emit.ts';
import { lower } from '../onnx/lower.ts';
import type { LoweredModel } from '../onnx/lower.ts';
import { physicalCores } from './cores.ts';
import { blockSize } from './ort-block.ts';
import { OrtResident, openCopySession } from './ort-resident.ts';
import { dataOf, tensorsOf } from './ort-tensors.ts';
import type {
  Executable,
  ProviderName,
  ResidentExecutable,
  Runtime,
  Tensors,
  WeightSource,
} from './session.ts';
import { WeightCache } from './weights.ts';
import type { Lease } from './weights.ts';

/** How a runtime is opened. */
export interface OrtOptions {
  /** CPU threads of one run; by default as many as there are physical cores. */
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
  readonly #sessions = new Map<string, Promise<Executable>>();
  readonly #residents = new Set<OrtResident>();
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
    const key = `${createHash('sha256').update(model.bytes).digest('hex')} ${weights.id}`;
    const known = this.#sessions.get(key);
    if (known) return known;
    const opened = this.#open(model, weights).then(({ session, lease }) => {
      return new OrtExecutable(session, passed(graph, live), lease, () => this.#sessions.delete(key));
    });
    this.#sessions.set(key, opened);
    opened.catch(() => this.#sessions.delete(key));
    return opened;
  }

  async compileResident(
    graph: Graph,
    weights: WeightSource,
    state: ReadonlyMap<string, string>,
  ): Promise<ResidentExecutable> {
    const live = new Set(state.keys());
    const model = lower(graph, { dialect: this.#dialect, weights: this.#weightsAs, live });
    const held = new Set(state.values());
    const onDevice = this.provider === 'webgpu';
    const places = graph.outputs.map(({ name }) => [name, held.has(name) ? 'gpu-buffer' : 'cpu'] as const);
    const opened = await this.#open(model, weights, onDevice ? Object.fromEntries(places) : undefined);
    const inputs = passed(graph, live);
    const copy = onDevice
      ? await openCopySession(
          inputs.filter(({ name }) => live.has(name)),
          this.#options(),
        )
      : undefined;
    const resident = new OrtResident({ ...opened, inputs, state, copy }, () =>
      this.#residents.delete(resident),
    );
    this.#residents.add(resident);
    return resident;
  }

  #options(): InferenceSession.SessionOptions {
    return {
      executionProviders: [this.provider],
      intraOpNumThreads: this.#threads,
      logSeverityLevel: ERRORS_ONLY,
      // the pattern's one large block comes on top of the arena's chunks: adm256 at 1.41 GB instead of 1.07, no faster
      enableMemPattern: false,
    };
  }

  /** A session and the weights it is fed; as initializers they are copied into it, and nothing is fed. */
  async #open(
    model: LoweredModel,
    weights: WeightSource,
    outputs?: Readonly<Record<string, 'cpu' | 'gpu-buffer'>>,
  ): Promise<{ session: InferenceSession; lease: Lease<Tensor> }> {
    const options = { ...this.#options(), ...(outputs ? { preferredOutputLocation: outputs } : {}) };
    if (this.#weightsAs === 'inputs') {
      const session = await InferenceSession.create(model.bytes, options);
      return { session, lease: this.#weights.lease(weights, model.parameters) };
    }
    const external = new WeightCache<Uint8Array>((data) => new Uint8Array(data.buffer));
    const given = Object.entries(external.lease(weights, model.parameters).tensors);
    const externalData = given.map(([path, data]) => ({ path, data }));
    const session = await InferenceSession.create(model.bytes, { ...options, externalData });
    return { session, lease: { tensors: {}, release: () => undefined } };
  }

  async release(): Promise<void> {
    for (const resident of [...this.#residents]) await resident.release();
    const sessions = await Promise.allSettled(this.#sessions.values());
    for (const session of sessions) if (session.status === 'fulfilled') await session.value.release();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.release();
  }
}

/** What is passed at each run: the graph's inputs, and the weights that change. */
function passed(graph: Graph, live: ReadonlySet<string>): NamedValue[] {
  return [...graph.inputs, ...graph.parameters.filter(({ name }) => live.has(name))];
}

class OrtExecutable implements Executable {
  readonly #session: InferenceSession;
  readonly #inputs: readonly NamedValue[];
  readonly #lease: Lease<Tensor>;
  readonly #onRelease: () => void;
  #released = false;

  constructor(
    session: InferenceSession,
    inputs: readonly NamedValue[],
    lease: Lease<Tensor>,
    onRelease: () => void,
  ) {
    this.#session = session;
    this.#inputs = inputs;
    this.#lease = lease;
    this.#onRelease = onRelease;
  }

  async run(inputs: Tensors): Promise<Tensors> {
    invariant(!this.#released, 'run after release');
    return dataOf(await this.#session.run({ ...this.#lease.tensors, ...tensorsOf(this.#inputs, inputs) }));
  }

  async release(): Promise<void> {
    if (this.#released) return;
    this.#released = true;
    this.#onRelease();
    this.#lease.release();
    await this.#session.release();
  }
}

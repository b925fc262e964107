/**
 * A prior: a checkpoint opened and understood (which UNet, which schedule, which variance), ready to be compiled for a
 * runtime. checkpoint/ reads it, nn/ describes its network, restore.ts uses it.
 */
import { readFileSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { UserError, invariant } from '../domain/errors.ts';
import { quoted } from '../domain/text.ts';
import { openCheckpoint } from './checkpoint/open.ts';
import type { TensorStore } from './checkpoint/store.ts';
import { epsDenoiser } from './diffusion/denoiser.ts';
import type { Denoiser, Variance } from './diffusion/denoiser.ts';
import { cosineSchedule, linearSchedule } from './diffusion/schedule.ts';
import type { Schedule } from './diffusion/schedule.ts';
import { GraphBuilder } from './graph/build.ts';
import type { Graph, Value } from './graph/ir.ts';
import { sizeOf } from './graph/shape.ts';
import type { Shape } from './graph/shape.ts';
import { allFinite } from './numbers.ts';
import { inferConfig } from './nn/config.ts';
import type { UNetConfig } from './nn/config.ts';
import { parseHints } from './nn/hints.ts';
import type { ModelHints } from './nn/hints.ts';
import { admUNet } from './nn/unet-adm.ts';
import { ddpmUNet } from './nn/unet-ddpm.ts';
import type { Runtime, WeightSource } from './runtime/session.ts';

/** An opened prior. Disposing closes its file: not before its last compilation. */
export interface Prior extends Disposable {
  readonly path: string;
  readonly config: UNetConfig;
  readonly schedule: Schedule;
  readonly scheduleName: 'linear' | 'cosine';
  readonly variance: Variance;
  /** Numbers in all its tensors. */
  readonly parameters: number;
  readonly store: TensorStore;
  /** The network's weights by name; reading one that holds NaN or infinity throws `checkpoint.unreadable`. */
  readonly weights: WeightSource;
}

/**
 * Opens a prior. Without `configPath` the configuration is looked for beside the file: NAME.json, NAME.config.json,
 * model.json, config.json. Reads no weight yet. Throws UserError `checkpoint.unreadable`, `checkpoint.refused`,
 * `checkpoint.mismatch` or `model.unsupported` where the two do not make a model, `usage` for a configuration that is
 * missing or not JSON.
 */
export function openPrior(path: string, configPath?: string): Prior {
  const store = openCheckpoint(path);
  try {
    const hints = findHints(path, configPath);
    const config = inferConfig(new Map([...store.tensors].map(([name, { shape }]) => [name, shape])), hints);
    const scheduleName = hints.schedule ?? 'linear';
    const T = hints.steps ?? 1000;
    const prior: Prior = {
      path,
      config,
      schedule: scheduleName === 'cosine' ? cosineSchedule(T) : linearSchedule(T),
      scheduleName,
      variance: varianceOf(config),
      parameters: [...store.tensors.values()].reduce((sum, { shape }) => sum + sizeOf(shape), 0),
      store,
      weights: weightsOf(store),
      [Symbol.dispose]: () => {
        store[Symbol.dispose]();
      },
    };
    checkTensors(prior);
    return prior;
  } catch (error) {
    store[Symbol.dispose]();
    throw error;
  }
}

/** The forward graph for a batch: x_t [N,3,S,S], t [N] -> `out` [N,outChannels,S,S] (eps, then v where learned). */
export function forwardGraph(config: UNetConfig, batch: number, size = config.imageSize): Graph {
  const b = new GraphBuilder();
  const x_t = b.input('x_t', [batch, 3, size, size]);
  const t = b.input('t', [batch]);
  return b.finish('forward', { out: unet(b, config, x_t, t) });
}

/** The network of either kind: x_t [N,3,S,S], t [N] -> [N,outChannels,S,S]. */
export function unet(b: GraphBuilder, config: UNetConfig, x_t: Value, t: Value): Value {
  return config.kind === 'adm' ? admUNet(b, config, x_t, t) : ddpmUNet(b, config, x_t, t);
}

/** Compiles the prior for a batch [N,3,S,S] and gives what samplers work on; its session is the runtime's to release. */
export async function compileDenoiser(prior: Prior, runtime: Runtime, batch: number): Promise<Denoiser> {
  const { config, schedule, variance } = prior;
  const network = await runtime.compile(forwardGraph(config, batch), prior.weights);
  const size = config.imageSize;
  return epsDenoiser(
    async (x_t, t) => {
      const { out } = await network.run({ x_t, t: new Float32Array(batch).fill(t) });
      invariant(out, 'the network has an output');
      return out;
    },
    { schedule, shape: [batch, 3, size, size], variance },
  );
}

function varianceOf(config: UNetConfig): Variance {
  if (config.outChannels === 6) return 'learned-range';
  if (config.outChannels !== 3)
    throw new UserError(
      'model.unsupported',
      `The checkpoint's network puts out ${config.outChannels} channels, not 3 or 6.`,
      'Choose an unconditional RGB model.',
    );
  // as each was published: ADM without learned variance at beta, DDPM at the posterior variance
  return config.kind === 'adm' ? 'fixed-large' : 'fixed-small';
}

/** Every weight the network asks for is there, with its size. */
function checkTensors({ config, store }: Prior): void {
  for (const { name, value } of forwardGraph(config, 1).parameters) {
    const tensor = store.tensors.get(name);
    if (tensor && sizeOf(tensor.shape) === sizeOf(value.shape)) continue;
    const advice = 'The file may be incomplete or of another kind of model; download it again.';
    throw tensorMismatch(store, name, value.shape, advice);
  }
}

/** The error `checkpoint.mismatch` for a tensor that is missing or not of the shape a network wants. */
export function tensorMismatch(store: TensorStore, name: string, wanted: Shape, advice: string): UserError {
  const tensor = store.tensors.get(name);
  const found = tensor ? `is [${tensor.shape.join(', ')}], not [${wanted.join(', ')}]` : 'is missing';
  const sentence = `${quoted(basename(store.path))}: the tensor ${name} ${found}.`;
  return new UserError('checkpoint.mismatch', sentence, advice);
}

/** Weights straight from the file, checked for NaN and infinity as they are read. */
function weightsOf(store: TensorStore): WeightSource {
  const { size, mtimeMs } = statSync(store.path);
  return {
    id: `${store.path} ${size} ${mtimeMs}`,
    readInto(name, target) {
      store.readInto(name, target, 0);
      if (allFinite(target)) return;
      throw new UserError(
        'checkpoint.unreadable',
        `${quoted(basename(store.path))}: the tensor ${name} holds values that are not numbers.`,
        'The training that made it went wrong, or the file is damaged; use another checkpoint.',
      );
    },
  };
}

function findHints(path: string, configPath: string | undefined): ModelHints {
  if (configPath !== undefined) return readHints(configPath) ?? missing(configPath);
  const stem = basename(path).replace(/(\.[a-z0-9-]+)+$/i, '');
  const beside = [`${stem}.json`, `${stem}.config.json`, 'model.json', 'config.json'];
  for (const name of beside) {
    const hints = readHints(join(dirname(path), name));
    if (hints) return hints;
  }
  return {};
}

function missing(path: string): never {
  throw new UserError(
    'usage',
    `There is no configuration file ${path}.`,
    'Check the path given with --config.',
  );
}

function readHints(path: string): ModelHints | undefined {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'EISDIR'))
      return undefined;
    throw new UserError(
      'usage',
      `The configuration ${basename(path)} cannot be read.`,
      'Check its permissions.',
      { cause: error },
    );
  }
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new UserError(
      'usage',
      `The configuration ${basename(path)} is not JSON.`,
      'Correct it, or give another with --config FILE.',
      { cause: error },
    );
  }
  return parseHints(json, basename(path));
}

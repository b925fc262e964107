/**
 * Chooses where graphs run, and says why: each provider is tried with a small convolution whose answer is known, and a
 * driver that is slower than the CPU (a software one, say) is passed over by `auto`. ort.ts opens the runtime.
 */
import { UserError } from '../../domain/errors.ts';
import { GraphBuilder } from '../graph/build.ts';
import type { Graph } from '../graph/ir.ts';
import { physicalCores } from './cores.ts';
import { missingDriver } from './drivers.ts';
import { builtProviders, openRuntime } from './ort.ts';
import type { OrtOptions } from './ort.ts';
import { noWeights } from './session.ts';
import type { ProviderName, Runtime } from './session.ts';

/** What --device may name. */
export type Device = 'auto' | ProviderName;

/** What came of looking at one provider. */
interface ProviderTrial {
  readonly provider: ProviderName;
  readonly outcome: 'chosen' | 'unavailable' | 'wrong' | 'slower';
  /** One sentence for people. */
  readonly reason: string;
}

/** Where graphs run, and why there. */
export interface ProviderReport {
  readonly chosen: ProviderName;
  /** CPU threads used where the CPU computes. */
  readonly threads: number;
  /** In the order they were tried. */
  readonly trials: readonly ProviderTrial[];
}

/** An open runtime, which the caller releases, and why it was chosen. */
export interface ChosenRuntime {
  readonly runtime: Runtime;
  readonly report: ProviderReport;
}

/**
 * `auto` takes the first provider that is right and faster than the CPU, and else the CPU. A named one is tried alone;
 * with `fallback` (the default) the CPU stands in where it fails, else UserError `device.unavailable` is thrown.
 */
export async function chooseRuntime(
  device: Device,
  options: OrtOptions & { readonly fallback?: boolean } = {},
): Promise<ChosenRuntime> {
  const { fallback = true } = options;
  const threads = options.threads ?? physicalCores();
  const trials: ProviderTrial[] = [];
  const chosen = (runtime: Runtime): ChosenRuntime => ({
    runtime,
    report: { chosen: runtime.provider, threads, trials },
  });
  const accelerators = builtProviders().filter((name) => name !== 'cpu');
  const wanted = device === 'auto' ? accelerators : device === 'cpu' ? [] : [device];
  let cpuSeconds: number | undefined;
  for (const provider of wanted) {
    const trial = await tryProvider(provider, options);
    if ('failure' in trial) {
      trials.push({ provider, outcome: trial.outcome, reason: trial.failure });
      continue;
    }
    cpuSeconds ??= device === 'auto' ? await cpuTime(options) : Infinity;
    if (trial.seconds < cpuSeconds) {
      trials.push({
        provider,
        outcome: 'chosen',
        reason: 'it computes the right result' + (device === 'auto' ? ' and is faster than the CPU.' : '.'),
      });
      return chosen(trial.runtime);
    }
    const ratio = Math.round(trial.seconds / cpuSeconds);
    trials.push({
      provider,
      outcome: 'slower',
      reason: `it works but takes ${ratio} times as long as the CPU (a software driver?).`,
    });
    await trial.runtime.release();
  }
  if (device !== 'auto' && device !== 'cpu' && !fallback) {
    const [trial] = trials;
    throw new UserError(
      'device.unavailable',
      `The device ${device} cannot be used: ${trial?.reason ?? 'unknown reason.'}`,
      'Use --device auto or --device cpu.',
    );
  }
  const reason =
    wanted.length > 0
      ? 'no other provider can be used.'
      : device === 'cpu'
        ? 'it was asked for.'
        : 'this build has no other provider.';
  trials.push({ provider: 'cpu', outcome: 'chosen', reason });
  return chosen(await openRuntime('cpu', options));
}

type Trial =
  | { readonly runtime: Runtime; readonly seconds: number }
  | { readonly outcome: 'unavailable' | 'wrong'; readonly failure: string };

async function tryProvider(provider: ProviderName, options: OrtOptions): Promise<Trial> {
  if (!builtProviders().includes(provider))
    return { outcome: 'unavailable', failure: `onnxruntime for this system has no ${provider} provider.` };
  const missing = missingDriver(provider);
  if (missing !== undefined) return { outcome: 'unavailable', failure: missing };
  const runtime = await openRuntime(provider, options);
  try {
    const { error, seconds } = await probe(runtime);
    if (error < 1e-3) return { runtime, seconds };
    await runtime.release();
    return { outcome: 'wrong', failure: `it computes a wrong result (off by ${error.toPrecision(2)}).` };
  } catch (error) {
    await runtime.release();
    return { outcome: 'unavailable', failure: failureOf(error) };
  }
}

async function cpuTime(options: OrtOptions): Promise<number> {
  const runtime = await openRuntime('cpu', options);
  try {
    return (await probe(runtime)).seconds;
  } finally {
    await runtime.release();
  }
}

const PROBE = { channels: 32, side: 32 } as const;

/** A 3x3 convolution of ones over ones: each inner pixel of the answer is 9 C, and the middle one is looked at. */
function probeGraph(): Graph {
  const { channels, side } = PROBE;
  const b = new GraphBuilder();
  const x = b.input('x', [1, channels, side, side]);
  const kernel = b.constant([channels, channels, 3, 3], new Float32Array(channels * channels * 9).fill(1));
  return b.finish('probe', { y: b.conv(x, kernel, undefined, 1, [1, 1, 1, 1]) });
}

async function probe(runtime: Runtime): Promise<{ error: number; seconds: number }> {
  const { channels, side } = PROBE;
  const executable = await runtime.compile(probeGraph(), noWeights);
  const x = new Float32Array(channels * side * side).fill(1);
  let error = Infinity;
  let seconds = Infinity;
  // the first run compiles shaders; the best of the next ones counts
  for (let i = 0; i < 4; i++) {
    const start = performance.now();
    const { y } = await executable.run({ x });
    if (i > 0) seconds = Math.min(seconds, (performance.now() - start) / 1000);
    error = Math.abs((y?.[(side / 2) * side + side / 2] ?? NaN) / (9 * channels) - 1);
  }
  await executable.release();
  return { error, seconds };
}

/** Runtime errors are long and full of file names; the known ones are said in words. */
function failureOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  if (/adapter/i.test(text)) return 'no graphics adapter was found.';
  if (/load (shared )?library/i.test(text)) return 'its libraries are not installed.';
  const line = text.replace(/\s+/g, ' ').replace(/\/\S+\//g, '');
  return `it failed to start (${line.slice(0, 120)}).`;
}

/**
 * `npm run bench:engine`: speed and memory of the forward pass, as a share of the convolution ceiling and against PyTorch
 * where a Python with torch is found (ALBUMEN_BENCH_PYTHON, else python3). Prints tables, fails nothing.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { writeSafetensors } from '../src/engine/checkpoint/safetensors.ts';
import { sizeOf } from '../src/engine/graph/shape.ts';
import { forwardGraph } from '../src/engine/prior.ts';
import { physicalCores } from '../src/engine/runtime/cores.ts';
import { madeUpWeights, nets } from './nets.ts';
import type { NetName } from './nets.ts';

interface Timing {
  readonly ms: readonly number[];
  readonly peakMB: number;
}

interface Load {
  readonly readyMs: number;
  readonly firstStepMs: number;
  readonly peakMB: number;
  readonly bytes: number;
}

const ROUNDS = 3;
const RUNS: Record<NetName, number> = { s64: 15, m128: 9, adm256: 2 };
const here = import.meta.dirname;

function child(...args: string[]): unknown {
  const out = execFileSync(process.execPath, [join(here, 'child.ts'), ...args], { encoding: 'utf8' });
  return JSON.parse(out) as unknown;
}

const python = process.env['ALBUMEN_BENCH_PYTHON'] ?? 'python3';

function torchVersion(): string | undefined {
  try {
    const code = 'import torch; print(torch.__version__)';
    return execFileSync(python, ['-c', code], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  } catch {
    // no Python, or no torch in it: the peer's columns stay empty
    return undefined;
  }
}

function peer(net: NetName): Timing {
  const env = { ...process.env, THREADS: String(physicalCores()) };
  const args = [join(here, 'peer_forward.py'), net, String(RUNS[net])];
  return JSON.parse(execFileSync(python, args, { encoding: 'utf8', env })) as Timing;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? NaN;
}

/** A checkpoint of adm256's shapes, float32, 527 MB. */
function writeLargeCheckpoint(path: string): void {
  const { parameters } = forwardGraph(nets.adm256, 1);
  const tensors = parameters.map(({ name, value: { shape } }) => ({
    name,
    shape,
    type: 'float32' as const,
    get data(): Float32Array<ArrayBuffer> {
      const data = new Float32Array(sizeOf(shape));
      madeUpWeights.readInto(name, data);
      return data;
    },
  }));
  writeSafetensors(path, tensors);
  writeFileSync(path.replace(/safetensors$/, 'json'), JSON.stringify({ image_size: nets.adm256.imageSize }));
}

const torch = torchVersion();
const [cpu] = cpus();
console.log(
  `${cpu?.model ?? 'CPU'}, ${physicalCores()} cores, ${(totalmem() / 2 ** 30).toFixed(0)} GB, node ${process.versions.node}, provider cpu, ` +
    (torch ? `PyTorch ${torch}` : 'no PyTorch found'),
);
const { gflops: ceiling } = child('ceiling', '7') as { gflops: number };
console.log(`convolution ceiling ${ceiling.toFixed(0)} GFLOP/s\n`);

console.log(
  '| net | GFLOP | ms | share of ceiling | peak MB | PyTorch ms | PyTorch peak MB | PyTorch / ours |',
);
console.log('|---|---|---|---|---|---|---|---|');
for (const net of ['s64', 'm128', 'adm256'] as const) {
  const ours: (Timing & { gflop: number })[] = [];
  const theirs: Timing[] = [];
  // in turn, so that the machine's own drift hits both
  for (let round = 0; round < ROUNDS; round++) {
    ours.push(child('forward', net, String(RUNS[net])) as Timing & { gflop: number });
    if (torch) theirs.push(peer(net));
  }
  const ms = median(ours.flatMap((r) => r.ms));
  const gflop = ours[0]?.gflop ?? NaN;
  const row = [net, gflop.toFixed(1), ms.toFixed(0), (gflop / (ms / 1000) / ceiling).toFixed(2), peak(ours)];
  if (torch) {
    const peerMs = median(theirs.flatMap((r) => r.ms));
    const ratios = ours.map((r, i) => median(theirs[i]?.ms ?? []) / median(r.ms));
    row.push(peerMs.toFixed(0), peak(theirs), median(ratios).toFixed(2));
  } else row.push('', '', '');
  console.log(`| ${row.join(' | ')} |`);
}

function peak(timings: readonly Timing[]): string {
  return Math.max(...timings.map((r) => r.peakMB)).toFixed(0);
}

const folder = mkdtempSync(join(tmpdir(), 'albumen-bench-'));
const file = join(folder, 'large.safetensors');
try {
  writeLargeCheckpoint(file);
  const loads = Array.from({ length: ROUNDS }, () => child('load', file) as Load);
  const seconds = (pick: (r: Load) => number): string => (median(loads.map(pick)) / 1000).toFixed(1);
  console.log(
    `\nfrom a file of ${((loads[0]?.bytes ?? 0) / 1e6).toFixed(0)} MB: ready after ${seconds((r) => r.readyMs)} s, ` +
      `first step done after ${seconds((r) => r.firstStepMs)} s, peak ${median(loads.map((r) => r.peakMB)).toFixed(0)} MB`,
  );
} finally {
  rmSync(folder, { recursive: true, force: true });
}

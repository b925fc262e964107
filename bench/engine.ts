/**
 * `npm run bench:engine`: speed and memory of the forward pass, as a share of the convolution ceiling and against PyTorch,
 * and the time from a large checkpoint to its first step. Prints tables, fails nothing; run.ts has the machinery.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeSafetensors } from '../src/engine/checkpoint/safetensors-write.ts';
import { sizeOf } from '../src/engine/graph/shape.ts';
import { forwardGraph } from '../src/engine/prior.ts';
import { command } from '../training/command.ts';
import { gigaFlops, madeUpWeights, nets } from './nets.ts';
import type { NetName } from './nets.ts';
import { child, machineLine, median, peer, torchVersion, versus } from './run.ts';
import type { Timing } from './run.ts';

interface Load {
  readonly readyMs: number;
  readonly firstStepMs: number;
  readonly peakMB: number;
  readonly bytes: number;
}

const ROUNDS = 3;
const RUNS: Record<NetName, number> = { s64: 15, m128: 9, adm256: 2 };

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

command('npm run bench:engine --', 'Measures the forward pass, and the way to a first step.').parse();
const torch = torchVersion();
console.log(machineLine(torch));
const { gflops: ceiling } = child('ceiling', '7') as { gflops: number };
const { gigabytes } = child('memory', '7') as { gigabytes: number };
console.log(
  `convolution ceiling ${ceiling.toFixed(0)} GFLOP/s, memory of one core ${gigabytes.toFixed(1)} GB/s (read and written)\n`,
);

console.log(
  '| net | GFLOP | ms | share of ceiling | peak MB | PyTorch ms | PyTorch peak MB | PyTorch / ours |',
);
console.log('|---|---|---|---|---|---|---|---|');
for (const net of ['s64', 'm128', 'adm256'] as const) {
  const runs = String(RUNS[net]);
  const theirs = torch ? () => peer('forward', net, '1', runs) : undefined;
  const result = versus(ROUNDS, () => child('forward', net, runs) as Timing, theirs);
  const gflop = gigaFlops(forwardGraph(nets[net], 1));
  const share = gflop / (result.ms / 1000) / ceiling;
  const row = [net, gflop.toFixed(1), result.ms.toFixed(0), share.toFixed(2), result.peakMB.toFixed(0)];
  if (theirs) row.push(result.peerMs.toFixed(0), result.peerPeakMB.toFixed(0), result.ratio.toFixed(2));
  else row.push('', '', '');
  console.log(`| ${row.join(' | ')} |`);
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

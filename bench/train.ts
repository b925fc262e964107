/**
 * `npm run bench:train`: whole training steps against PyTorch (AdamW, the same UNets, the same batches), and what each
 * part of the lowering brings. Prints tables, fails nothing; run.ts has the machinery.
 */
import { command, whole } from '../training/command.ts';
import { child, machineLine, peer, torchVersion, versus } from './run.ts';
import type { Timing } from './run.ts';

interface Options {
  readonly quick?: true;
  readonly rounds: number;
  readonly changes?: true;
}

const { quick, rounds, changes } = command(
  'npm run bench:train --',
  'Times whole training steps against PyTorch, and what each part of the lowering brings.',
)
  .option('--quick', 'leaves out adm256')
  .option('--rounds <n>', 'how often ours and PyTorch take turns', whole(1), 3)
  .option('--changes', 'the second table alone')
  .parse()
  .opts<Options>();
/** net, images in the micro-batch, what is learned, steps a round. */
const CASES = [
  ['s64', 8, 'full', 4],
  ['s64', 8, 'adapter', 4],
  ['m128', 4, 'full', 3],
  ['m128', 4, 'adapter', 3],
  ['adm256', 1, 'full', 1],
  ['adm256', 1, 'adapter', 1],
] as const;

const torch = torchVersion();
console.log(`${machineLine(torch)}\n`);
console.log(
  '| net | batch | learned | ms a step | peak MB | PyTorch full step ms | PyTorch peak MB | ours / PyTorch |',
);
console.log('|---|---|---|---|---|---|---|---|');
for (const [net, batch, kind, steps] of CASES) {
  if (changes || (quick && net === 'adm256')) continue;
  const ours = (): Timing =>
    child('train', net, String(batch), kind, 'blocked', 'cpu', String(steps)) as Timing;
  const theirs = torch ? () => peer('train', net, String(batch), String(steps)) : undefined;
  const result = versus(net === 'adm256' ? 1 : rounds, ours, theirs);
  const row = [net, batch, kind, result.ms.toFixed(0), result.peakMB.toFixed(0)];
  if (theirs) row.push(result.peerMs.toFixed(0), result.peerPeakMB.toFixed(0), (1 / result.ratio).toFixed(2));
  else row.push('', '', '');
  console.log(`| ${row.join(' | ')} |`);
}

/** From the naive form to ours, one change at a time: s64, 8 images, all weights. */
const CHANGES = [
  ['standard ONNX, AdamW in the graph', 'portable', 'device'],
  ['AdamW in place, after the graph', 'portable', 'cpu'],
  ['fused kernels, row-major', 'plain', 'cpu'],
  ['blocked order, additions absorbed', 'blocked', 'cpu'],
] as const;
console.log('\n| s64, 8 images, all weights | ms a step | peak MB |');
console.log('|---|---|---|');
for (const [change, lowering, trainer] of CHANGES) {
  const run = (): Timing => child('train', 's64', '8', 'full', lowering, trainer, '4') as Timing;
  const { ms, peakMB } = versus(rounds, run, undefined);
  console.log(`| ${change} | ${ms.toFixed(0)} | ${peakMB.toFixed(0)} |`);
}

/**
 * What the benches share: a measurement of ours or of PyTorch's in a process of its own, the machine line, medians.
 * PyTorch is used where a Python with torch is found (ALBUMEN_BENCH_PYTHON, else python3).
 */
import { execFileSync } from 'node:child_process';
import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import { physicalCores } from '../src/engine/runtime/cores.ts';

export interface Timing {
  /** Milliseconds of each run. */
  readonly ms: readonly number[];
  /** Peak resident memory of the process; 0 where the system does not tell. */
  readonly peakMB: number;
}

const here = import.meta.dirname;
const python = process.env['ALBUMEN_BENCH_PYTHON'] ?? 'python3';

/** Runs child.ts and parses its line of JSON. */
export function child(...args: string[]): unknown {
  return lineOf('child.ts', args);
}

/** The same with growth-child.ts. */
export function growing(...args: string[]): Timing {
  return lineOf('growth-child.ts', args) as Timing;
}

function lineOf(script: string, args: readonly string[]): unknown {
  const out = execFileSync(process.execPath, [join(here, script), ...args], { encoding: 'utf8' });
  return JSON.parse(out.trim().split('\n').at(-1) ?? '') as unknown;
}

/** The same in PyTorch: peer.py. */
export function peer(...args: string[]): Timing {
  const env = { ...process.env, THREADS: String(physicalCores()) };
  return JSON.parse(
    execFileSync(python, [join(here, 'peer.py'), ...args], { encoding: 'utf8', env }),
  ) as Timing;
}

/** PyTorch's, where there is one. */
export function torchVersion(): string | undefined {
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

/** Processor, memory and versions: the line above every table. */
export function machineLine(torch: string | undefined): string {
  const [cpu] = cpus();
  const memory = `${(totalmem() / 2 ** 30).toFixed(0)} GB`;
  const versions = `node ${process.versions.node}, provider cpu, ${torch ? `PyTorch ${torch}` : 'no PyTorch found'}`;
  return `${cpu?.model ?? 'CPU'}, ${physicalCores()} cores, ${memory}, ${versions}`;
}

/** The upper one of two in the middle; NaN for no values. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? NaN;
}

/** Of several processes: the largest, in MB. */
export function peak(timings: readonly Timing[]): number {
  return Math.max(...timings.map((r) => r.peakMB));
}

/** Both in turn, round by round, so that the machine's own drift hits both; `ratio` is the median of the rounds' own. */
export function versus(rounds: number, ours: () => Timing, theirs: (() => Timing) | undefined) {
  const a: Timing[] = [];
  const b: Timing[] = [];
  for (let round = 0; round < rounds; round++) {
    a.push(ours());
    if (theirs) b.push(theirs());
  }
  const all = (timings: readonly Timing[]): number => median(timings.flatMap((r) => r.ms));
  const ratio = median(b.map((r, i) => median(r.ms) / median(a[i]?.ms ?? [])));
  return { ms: all(a), peakMB: peak(a), peerMs: all(b), peerPeakMB: peak(b), ratio, first: a[0] };
}

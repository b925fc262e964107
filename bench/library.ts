/**
 * `npm run bench:library`: the library at 100,000 and 1,000,000 photos, scans of real pictures, and a second scan of
 * 100,000 files. Prints tables, fails nothing; library/ has the parts, each run in a process of its own.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { command } from '../training/command.ts';
import type { Asked } from './library/ask.ts';
import { median } from './run.ts';

interface Answers {
  readonly results: readonly Asked[];
  readonly openMs: number;
  readonly maxRssMB: number;
}
interface Scanned {
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly added: number;
  readonly longestMs: number;
}

const { quick } = command('npm run bench:library --', 'Measures the library at many photos, and scans.')
  .option('--quick', 'leaves out the million photos')
  .parse()
  .opts<{ readonly quick?: true }>();
const sizes = quick ? [100_000] : [100_000, 1_000_000];
const PHOTOS = 200;
/** Of each kind; the median counts. */
const SCANS = 3;
const folder = mkdtempSync(join(tmpdir(), 'albumen-bench-'));

/** Runs a part and parses its last line. */
function part(name: string, ...args: string[]): unknown {
  const file = join(import.meta.dirname, 'library', `${name}.ts`);
  const out = execFileSync(process.execPath, [file, ...args], { encoding: 'utf8', maxBuffer: 1e8 });
  return JSON.parse(out.trim().split('\n').at(-1) || 'null') as unknown;
}

try {
  console.log(`${cpus()[0]?.model ?? 'CPU'}, ${cpus().length} cores, node ${process.versions.node}\n`);
  const answers = sizes.map((size) => {
    const place = join(folder, String(size));
    part('fill', place, String(size));
    return part('ask', place) as Answers;
  });
  console.log(
    `| question | ${sizes.map((size) => `${size.toLocaleString('en')}: median ms | worst | CPU`).join(' | ')} |`,
  );
  console.log(`|---|${sizes.map(() => '---|---|---').join('|')}|`);
  for (const [i, { name }] of (answers[0]?.results ?? []).entries()) {
    const cells = answers.flatMap(({ results }) => {
      const { medianMs = NaN, worstMs = NaN, cpuMs = NaN } = results[i] ?? {};
      return [medianMs, worstMs, cpuMs].map((ms) => ms.toFixed(1));
    });
    console.log(`| ${name} | ${cells.join(' | ')} |`);
  }
  const list = (pick: (a: Answers) => number): string => answers.map((a) => pick(a).toFixed(0)).join(' and ');
  console.log(`\nopened in ${list((a) => a.openMs)} ms, peak memory ${list((a) => a.maxRssMB)} MB\n`);

  part('scan', 'make-photos', folder, String(PHOTOS));
  console.log(`| ${PHOTOS} JPEGs of 12 megapixels | files a second | CPU ms a file | peak MB |`);
  console.log('|---|---|---|---|');
  for (const sides of ['256', 'both']) {
    const scans = Array.from({ length: SCANS }, () => {
      const scanned = part('scan', sides, folder) as { result: Scanned; maxRssMB: number };
      rmSync(join(folder, `data-${sides}`), { recursive: true });
      return scanned;
    });
    const seconds = median(scans.map(({ result }) => result.seconds));
    const cpuSeconds = median(scans.map(({ result }) => result.cpuSeconds));
    const maxRssMB = Math.max(...scans.map((scanned) => scanned.maxRssMB));
    const row = [PHOTOS / seconds, (1000 * cpuSeconds) / PHOTOS, maxRssMB];
    const name = sides === 'both' ? 'thumbnails of 256 and 1024 px' : 'thumbnails of 256 px (as a scan does)';
    console.log(`| ${name} | ${row.map((n) => n.toFixed(1)).join(' | ')} |`);
  }
  const tree = part('scan', 'tree', folder) as {
    result: { first: Scanned; again: readonly Scanned[] };
    maxRssMB: number;
  };
  const again = median(tree.result.again.map(({ seconds }) => seconds));
  const cpu = median(tree.result.again.map(({ cpuSeconds }) => cpuSeconds));
  console.log(
    `\nscan of 100,000 unchanged files: ${again.toFixed(1)} s (CPU ${cpu.toFixed(1)} s), peak ${tree.maxRssMB.toFixed(0)} MB`,
  );
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/**
 * `npm run bench`: every bench in one run, one after the other, each with its table. The machine should be quiet;
 * docs/performance.md has the results.
 */
import { spawn } from 'node:child_process';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { InvalidArgumentError } from 'commander';
import { writeWhole } from '../src/imaging/write.ts';
import { command } from '../training/command.ts';
import { machineLine, torchVersion } from './run.ts';

const BENCHES = [
  { name: 'engine', title: 'Forward pass', quick: [] },
  { name: 'train', title: 'Training step', quick: ['--quick', '--rounds', '1'] },
  { name: 'growth', title: 'How cost grows', quick: [] },
  { name: 'photograph', title: 'Whole photographs', quick: [] },
  { name: 'library', title: 'The library', quick: ['--quick'] },
  {
    name: 'window',
    title: 'The window',
    quick: ['--minutes=0.5'],
    first: ['npm', 'run', '-s', 'build:window'],
  },
] as const;

interface Options {
  readonly quick?: true;
  readonly only?: readonly string[];
  readonly out?: string;
}

const names: readonly string[] = BENCHES.map(({ name }) => name);
const { quick, only, out } = command('npm run bench --', 'Runs every bench, one after the other.')
  .option('--quick', 'the short form of those that have one')
  .option('--only <names>', `some of them, with commas: ${names.join(', ')}`, someOf)
  .option('--out <file>', 'keeps what is said, as markdown')
  .parse()
  .opts<Options>();

function someOf(text: string): string[] {
  const wanted = text.split(',');
  if (wanted.every((name) => names.includes(name))) return wanted;
  throw new InvalidArgumentError(`Choose from ${names.join(', ')}.`);
}

const said: string[] = [];
const say = (text: string): void => {
  said.push(text);
  process.stdout.write(text);
};

/** Runs a command, showing what it prints as it comes; the exit code. */
function run(command: string, args: readonly string[], heard: (text: string) => void): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    child.stdout.setEncoding('utf8').on('data', heard);
    child.on('error', reject);
    child.on('close', (code) => resolve(code ?? 1));
  });
}

const load = (): string => `load average ${loadavg()[0]?.toFixed(1) ?? '?'}`;
say(`${machineLine(torchVersion())}\n`);
let failed = 0;
for (const bench of BENCHES) {
  if (only && !only.includes(bench.name)) continue;
  const args = quick ? bench.quick : [];
  const begin = performance.now();
  say(
    `\n## ${bench.title}: \`npm run bench:${bench.name}${args.map((arg) => ` ${arg}`).join('')}\` (${load()})\n\n`,
  );
  if ('first' in bench) {
    const [command, ...rest] = bench.first;
    await run(command, rest, () => undefined);
  }
  const code = await run(process.execPath, [join(import.meta.dirname, `${bench.name}.ts`), ...args], say);
  const minutes = ((performance.now() - begin) / 60_000).toFixed(1);
  say(code === 0 ? `\n${minutes} min\n` : `\nFailed (exit code ${code}) after ${minutes} min.\n`);
  if (code !== 0) failed++;
}
if (out !== undefined) await writeWhole(out, said.join(''));
process.exitCode = failed > 0 ? 1 : 0;

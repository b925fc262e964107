/**
 * `npm run bench`: every bench in one run, one after the other, each with its table; `--quick` takes the short form of those that
 * have one, `--only engine,window` some of them, `--out FILE` keeps what was said as markdown. The machine should be quiet.
 */
import { spawn } from 'node:child_process';
import { renameSync, writeFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
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

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    only: { type: 'string' },
    out: { type: 'string' },
  },
});
const wanted = values.only?.split(',');
const unknown = wanted?.filter((name) => !BENCHES.some((bench) => bench.name === name)) ?? [];
if (unknown.length > 0) {
  console.error(
    `There is no bench ${unknown.join(', ')}: choose from ${BENCHES.map(({ name }) => name).join(', ')}.`,
  );
  process.exit(2);
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
  if (wanted && !wanted.includes(bench.name)) continue;
  const args = values.quick ? bench.quick : [];
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
if (values.out !== undefined) {
  writeFileSync(`${values.out}.partial`, said.join(''));
  renameSync(`${values.out}.partial`, values.out);
}
process.exitCode = failed > 0 ? 1 : 0;

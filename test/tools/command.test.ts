/**
 * What a developer's command says of what was typed: training/command.ts in a process of its own, and the help of every
 * command that uses it. kept.test.ts is about what the evaluations keep.
 */
import { spawnSync } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const ROOT = join(import.meta.dirname, '../..');

/** A command with one required option and two numbers, which prints what it read. */
const PROGRAM = `
import { command, number, whole } from './training/command.ts';
import { UserError } from './src/domain/errors.ts';
const options = command('npm run try --', 'Tries something.')
  .requiredOption('--from <folder>', 'where it is')
  .option('--count <n>', 'how many', whole(1), 20)
  .option('--scale <s>', 'how strongly', number(0), 0.5)
  .parse()
  .opts();
if (options.from === 'user') throw new UserError('missing', 'It is not there.', 'Look elsewhere.');
if (options.from === 'own') throw new Error('internal: a bug');
console.log(JSON.stringify(options));
`;

function run(...args: string[]) {
  const node = ['--input-type=module', '-e', PROGRAM, '--', ...args];
  const { status, stdout, stderr } = spawnSync(process.execPath, node, { cwd: ROOT, encoding: 'utf8' });
  return { status, stdout, stderr };
}

test('reads numbers, and has defaults', () => {
  expect(JSON.parse(run('--from', 'a').stdout)).toEqual({ from: 'a', count: 20, scale: 0.5 });
  const read = run('--from', 'a', '--count', '3', '--scale=2e-4');
  expect(JSON.parse(read.stdout)).toEqual({ from: 'a', count: 3, scale: 0.0002 });
});

test('help is a page on stdout', () => {
  const { status, stdout, stderr } = run('--help');
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  expect(stdout).toContain('Usage: npm run try -- [options]\n\nTries something.\n');
  expect(stdout).toMatch(/--count <n> +how many \(default: 20\)/);
});

test.each([
  ['an unknown option', ['--from', 'a', '--loud'], "unknown option '--loud'"],
  ['a missing option', [], "required option '--from <folder>' not specified"],
  ['a word too many', ['--from', 'a', 'b'], 'too many arguments. Expected 0 arguments but got 1: b.'],
  ['no number', ['--from', 'a', '--count', 'x'], 'It must be a whole number of 1 or more.'],
  ['a fraction', ['--from', 'a', '--count', '1.5'], 'It must be a whole number of 1 or more.'],
  ['too little', ['--from', 'a', '--count', '0'], 'It must be a whole number of 1 or more.'],
  ['no finite number', ['--from', 'a', '--scale', 'Infinity'], 'It must be a number of 0 or more.'],
  ['nothing', ['--from', 'a', '--scale', ''], 'It must be a number of 0 or more.'],
  ['an error for users', ['--from', 'user'], 'It is not there. Look elsewhere.'],
])('%s: one line, exit code 2', (_, args, sentence) => {
  const { status, stdout, stderr } = run(...args);
  expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
  expect(stderr).toMatch(/^error: .*\n$/);
  expect(stderr).toContain(sentence);
});

test('a mistake of our own keeps its stack', () => {
  const { status, stderr } = run('--from', 'own');
  expect(status).not.toBe(0);
  expect(stderr).toMatch(/internal: a bug\n +at /);
});

const commands = globSync('{bench,tools,training}/**/*.ts', { cwd: ROOT }).filter((file) =>
  /import \{ command\b.*command\.ts'/.test(readFileSync(join(ROOT, file), 'utf8')),
);

test('there are commands', () => expect(commands).toContain(join('tools', 'eval-prior.ts')));

test.each(commands)('%s tells what it does before it does anything', (file) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(ROOT, file), '--help'], {
    cwd: ROOT,
    encoding: 'utf8',
  });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  expect(stdout).toMatch(/^Usage: (npm run|node) [^\n]+\n\n[A-Z][^]*\.\n\n[^]*Options:\n/);
});

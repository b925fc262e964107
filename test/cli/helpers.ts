/**
 * Runs the command line inside the test's process, and makes small photos and bad checkpoints for it.
 * process.test.ts is the one that starts real processes.
 */
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { afterAll } from 'vitest';
import { runCli } from '../../src/cli/program.ts';
import { openCheckpoint } from '../../src/engine/checkpoint/open.ts';
import { writeSafetensors } from '../../src/engine/checkpoint/safetensors-write.ts';
import { writeImage } from '../../src/imaging/write.ts';
import { smooth } from '../imaging/helpers.ts';

export const GOLDEN = join(import.meta.dirname, '../fixtures/golden');
/** A prior of 16 x 16 pixels, so that a restoration takes a blink. */
export const MODEL = join(GOLDEN, 'adm-plain.pt');

export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'albumen-cli-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunWith {
  /** ALBUMEN_HOME; by default a folder that does not exist. */
  readonly home?: string;
  readonly signal?: AbortSignal;
  /** Sees each piece of stdout as it is written. */
  readonly onOut?: (text: string) => void;
}

export async function albumen(args: readonly string[], options: RunWith = {}): Promise<Ran> {
  const { home = join(tmpdir(), 'albumen-no-home'), signal = new AbortController().signal, onOut } = options;
  const caught = { stdout: '', stderr: '' };
  const stream = (name: 'stdout' | 'stderr'): Writable =>
    new Writable({
      write(chunk: Buffer, _encoding, done) {
        caught[name] += chunk.toString();
        if (name === 'stdout') onOut?.(chunk.toString());
        done();
      },
    });
  const [stdout, stderr] = [stream('stdout'), stream('stderr')];
  const code = await runCli(args, { stdout, stderr, env: { ALBUMEN_HOME: home }, signal });
  return { code, ...caught };
}

/** `albumen restore --aligned` with the small prior on the CPU. */
export function restore(args: readonly string[], options: RunWith = {}): Promise<Ran> {
  return restoreWhole([...args, '--steps', '2', '--aligned'], options);
}

/** `albumen restore` with the small prior on the CPU. */
export function restoreWhole(args: readonly string[], options: RunWith = {}): Promise<Ran> {
  return albumen(['restore', ...args, '--model', MODEL, '--device', 'cpu', '--threads', '1'], options);
}

export async function photoAt(path: string, side = 16): Promise<string> {
  await writeImage(path, smooth(side));
  return path;
}

/** The tensors of the small prior as safetensors, after `change`, with its configuration beside it. */
function altered(
  path: string,
  change: (name: string, shape: readonly number[], data: Float32Array) => readonly number[],
): string {
  using store = openCheckpoint(MODEL);
  const tensors = [...store.tensors.values()].map(({ name, shape }) => {
    const data = store.read(name);
    const newShape = change(name, shape, data);
    const size = newShape.reduce((a, b) => a * b, 1);
    return { name, shape: newShape, type: 'float32' as const, data: data.subarray(0, size) };
  });
  writeSafetensors(path, tensors);
  copyFileSync(join(GOLDEN, 'adm-plain.json'), path.replace(/\.safetensors$/, '.json'));
  return path;
}

/** Checkpoints that must be refused: what each is, its file, and what the one sentence says. */
export function badModels(
  folder: string,
): readonly (readonly [what: string, path: string, sentence: RegExp])[] {
  const file = (name: string, bytes: Uint8Array | string): string => {
    writeFileSync(join(folder, name), bytes);
    return join(folder, name);
  };
  const whole = readFileSync(MODEL);
  const header = JSON.stringify({ w: { dtype: 'F32', shape: [1e9, 1e9], data_offsets: [0, 4e18] } });
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  const first = 'input_blocks.0.0.bias';
  return [
    ['hostile', join(GOLDEN, 'hostile.pt'), /"hostile\.pt" was refused because it asks for "posix\.system"/],
    ['truncated', file('truncated.pt', whole.subarray(0, whole.length / 2)), /"truncated\.pt" /],
    ['empty', file('empty.pt', ''), /"empty\.pt" is empty\./],
    [
      'wrong shape',
      altered(join(folder, 'wrong.safetensors'), (name, shape) => (name === first ? [16] : shape)),
      /"wrong\.safetensors": the tensor input_blocks\.0\.0\.bias is \[16\], not \[32\]\./,
    ],
    [
      'not numbers',
      altered(join(folder, 'nan.safetensors'), (name, shape, data) => {
        if (name === first) data.fill(NaN);
        return shape;
      }),
      /nan\.safetensors.* (tensor "?input_blocks\.0\.0\.bias"?)/,
    ],
    [
      'absurd size',
      file('absurd.safetensors', Buffer.concat([length, Buffer.from(header)])),
      /"absurd\.safetensors" /,
    ],
    ['a text', file('letter.pt', 'Dear grandma,\n'), /"letter\.pt" is a text file, not a checkpoint\./],
    ['a folder', folder, /is a folder\./],
    ['missing', join(folder, 'missing.pt'), /"missing\.pt" does not exist\./],
  ];
}

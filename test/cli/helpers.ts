/**
 * Runs the command line inside the test's process, and makes small photos and bad checkpoints for it.
 * process.test.ts is the one that starts real processes.
 */
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import sharp from 'sharp';
import { runCli } from '../../src/cli/program.ts';
import { openCheckpoint } from '../../src/engine/checkpoint/open.ts';
import { writeSafetensors } from '../../src/engine/checkpoint/safetensors-write.ts';
import { writeImage } from '../../src/imaging/write.ts';
import { smooth } from '../imaging/helpers.ts';

export { temporaryFolder } from '../folders.ts';

export const GOLDEN = join(import.meta.dirname, '../fixtures/golden');
/** A prior of 16 x 16 pixels, so that a restoration takes a blink. */
export const MODEL = join(GOLDEN, 'adm-plain.pt');

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

/** Two eyes and the mouth in `pictureAt`'s pictures. */
export const FACE = '70,60,102,60,86,96';
export const QUICK = ['--strength', '40', '--steps', '2'];

/** `restoreWhole` with a face placed by hand, in a blink. */
export function hand(args: readonly string[], options: RunWith = {}): Promise<Ran> {
  return restoreWhole([...args, '--face-at', FACE, ...QUICK], options);
}

/** A picture of waves and grain. */
export async function pictureAt(path: string, width = 180, height = 150): Promise<string> {
  const data = Uint8Array.from({ length: 3 * width * height }, (_, i) => {
    const [x, y, c] = [Math.floor(i / 3) % width, Math.floor(i / 3 / width), i % 3];
    return 120 + 60 * Math.sin(x / 9 + c) * Math.cos(y / 7) + ((x * 7 + y * 13) % 11);
  });
  mkdirSync(join(path, '..'), { recursive: true });
  await sharp(data, { raw: { width, height, channels: 3 } }).toFile(path);
  return path;
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

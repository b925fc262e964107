/**
 * Opens a checkpoint of any supported format, told apart by content and never by the file's name.
 * Read next: store.ts (what comes back), then safetensors.ts, torch.ts and torch-legacy.ts.
 */
import { allFinite } from '../numbers.ts';
import { elementsOf, isFloat } from './convert.ts';
import { openSafetensors } from './safetensors.ts';
import { openSource } from './source.ts';
import type { ByteSource } from './source.ts';
import type { TensorStore } from './store.ts';
import { openTorchLegacy } from './torch-legacy.ts';
import { openTorchZip } from './torch.ts';

const ADVICE = 'Choose a .safetensors, .pt or .pth file that holds model weights.';

/** Beginnings of files that get chosen, or downloaded, by mistake. */
const MISTAKEN: readonly (readonly [RegExp, string])[] = [
  [/^\xff\xd8\xff/, 'is a JPEG picture, not a checkpoint'],
  [/^\x89PNG/, 'is a PNG picture, not a checkpoint'],
  [/^\s*<(!doctype|html)/i, 'is a web page, not a checkpoint'],
  [/^version https:\/\/git-lfs/, 'is a Git LFS pointer, not the checkpoint itself'],
  [/^[\t\n\r\x20-\x7e]*$/, 'is a text file, not a checkpoint'],
];

/**
 * Opens a safetensors file, a PyTorch zip file or a legacy PyTorch file, and checks its directory; no tensor is read.
 * Throws UserError `checkpoint.unreadable` (missing, damaged, not a checkpoint) or `checkpoint.refused` (a pickle that
 * asks for more than weights need). The caller disposes of the store.
 */
export function openCheckpoint(path: string): TensorStore {
  const source = openSource(path);
  try {
    return openByContent(source);
  } catch (error) {
    source[Symbol.dispose]();
    throw error;
  }
}

function openByContent(source: ByteSource): TensorStore {
  if (source.size === 0) throw source.broken('is empty');
  const start = source.bytes(0, Math.min(64, source.size), 'its beginning').toString('latin1');
  if (/^PK(\x03\x04|\x05\x06)/.test(start)) return openTorchZip(source);
  // Before the pickle test: a header of 640 bytes also begins with 0x80 0x02. No header length is eight letters.
  if (start[8] === '{' && !/^[\x20-\x7e]{8}/.test(start)) return openSafetensors(source);
  if (/^\x80[\x02-\x05]/.test(start)) return openTorchLegacy(source);
  const mistake = MISTAKEN.find(([pattern]) => pattern.test(start));
  throw source.broken(mistake?.[1] ?? 'is not a checkpoint, or is damaged at its beginning', ADVICE);
}

/**
 * The name of the first float tensor, in file order, that holds NaN or infinity as float32; undefined where all are sound.
 * Reads the whole file, tensor by tensor.
 */
export function firstNonFinite(store: TensorStore): string | undefined {
  let scratch = new Float32Array(0);
  for (const { name, shape, type } of store.tensors.values()) {
    if (!isFloat(type)) continue;
    const count = elementsOf(shape) ?? 0;
    if (scratch.length < count) scratch = new Float32Array(count);
    store.readInto(name, scratch, 0);
    if (!allFinite(scratch.subarray(0, count))) return name;
  }
  return undefined;
}

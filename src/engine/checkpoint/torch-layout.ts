/**
 * Turns the tensors a torch pickle describes into layouts in the file, each checked against its storage.
 * Read next: strided.ts, which reads a layout.
 */
import { quoted } from '../../domain/text.ts';
import { bytesOf, elementsOf } from './convert.ts';
import { MAX_ELEMENTS } from './file-store.ts';
import type { PickleStorage, PickleTensor } from './pickle-values.ts';
import type { ByteSource } from './source.ts';
import { spanOf } from './strided.ts';
import type { Layout } from './strided.ts';

/** Finds the first byte of a storage, having checked that all of it is in the file. */
type StoragePlace = (storage: PickleStorage) => number;

/** A broadcast view may have more elements than its storage, but only up to this many (4 MiB of float32). */
const MAX_BROADCAST = 2 ** 20;
/** Tensors may share storages, but not so much that reading them all would never end. */
const MAX_SHARING = 4;

/** Throws UserError `checkpoint.unreadable` for a tensor that does not fit its storage. */
export function torchLayouts(
  source: ByteSource,
  tensors: ReadonlyMap<string, PickleTensor>,
  placeOf: StoragePlace,
  bigEndian: boolean,
): ReadonlyMap<string, Layout> {
  const layouts = new Map<string, Layout>();
  let total = 0;
  for (const [name, { storage, offset, shape, strides }] of tensors) {
    const what = `tensor ${quoted(name)}`;
    const count = elementsOf(shape);
    if (count === undefined || count > MAX_ELEMENTS) {
      throw source.broken(`is damaged: ${what} has an impossible shape`);
    }
    const place = placeOf(storage);
    const end = count === 0 ? offset : offset + spanOf(shape, strides);
    if (!(end <= storage.numel) || count > Math.max(storage.numel, MAX_BROADCAST)) {
      throw source.broken(`is damaged: ${what} reaches beyond its ${storage.numel} stored numbers`);
    }
    const { type } = storage;
    total += count * bytesOf(type);
    if (total > MAX_SHARING * (source.size + MAX_BROADCAST)) {
      throw source.broken('is damaged: its tensors claim many times the numbers it holds');
    }
    layouts.set(name, { position: place + offset * bytesOf(type), type, shape, strides, bigEndian });
  }
  return layouts;
}

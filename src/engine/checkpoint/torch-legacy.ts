/**
 * Reads PyTorch's older checkpoints: five pickles in a row (magic, protocol, system, the object, the storage keys),
 * then for each key an int64 count and its numbers. Source: _legacy_load in torch/serialization.py. Read next: torch.ts.
 */
import { quoted } from '../../domain/text.ts';
import { bytesOf } from './convert.ts';
import { Cursor } from './cursor.ts';
import { FileTensorStore } from './file-store.ts';
import { readPickle } from './pickle.ts';
import { isKind } from './pickle-values.ts';
import type { PickleStorage, PickleValue } from './pickle-values.ts';
import type { ByteSource } from './source.ts';
import { findStateDict } from './state-dict.ts';
import type { TensorStore } from './store.ts';
import { torchLayouts } from './torch-layout.ts';
import { torchVocabulary } from './torch-pickle.ts';

const MAGIC = 0x1950a86a20f9469cfc6cn;
const PROTOCOL = 1001;

/** Throws as `openTorchZip` does. */
export function openTorchLegacy(source: ByteSource): TensorStore {
  const cursor = new Cursor(source, 0, source.size);
  const storages = new Map<string, PickleStorage>();
  const vocabulary = torchVocabulary(cursor);
  const noting = {
    ...vocabulary,
    // The numbers of a storage can only be found past those before it, so all are noted, also unused ones.
    persistent(id: PickleValue): PickleValue {
      const storage = vocabulary.persistent(id);
      if (isKind(storage, 'storage')) note(source, storages, storage);
      return storage;
    },
  };
  if (readPickle(cursor, vocabulary) !== MAGIC) {
    throw source.broken(
      'is a Python pickle but not a PyTorch checkpoint',
      'Choose a file made by torch.save.',
    );
  }
  if (readPickle(cursor, vocabulary) !== PROTOCOL)
    throw source.broken('is in an unknown version of the old torch format');
  readPickle(cursor, vocabulary); // The writer's byte order and type sizes; the numbers are little-endian regardless.
  const object = readPickle(cursor, noting);
  const places = placeStorages(cursor, readPickle(cursor, vocabulary), storages);

  const { tensors, metadata } = findStateDict(source, object);
  const placeOf = ({ key }: PickleStorage): number => {
    const place = places.get(key);
    if (place === undefined) throw source.broken(`is cut short: it lacks its storage ${quoted(key)}`);
    return place;
  };
  return new FileTensorStore(source, 'torch-legacy', torchLayouts(source, tensors, placeOf, false), metadata);
}

function note(source: ByteSource, storages: Map<string, PickleStorage>, storage: PickleStorage): void {
  const seen = storages.get(storage.key) ?? storage;
  if (seen.type !== storage.type || seen.numel !== storage.numel) {
    throw source.broken(`is damaged: it describes storage ${quoted(storage.key)} in two ways`);
  }
  storages.set(storage.key, storage);
}

/** Walks over the numbers in the order of `keys`, checking each count; yields each storage's first byte. */
function placeStorages(
  cursor: Cursor,
  keys: PickleValue,
  storages: ReadonlyMap<string, PickleStorage>,
): ReadonlyMap<string, number> {
  const { source } = cursor;
  if (!isKind(keys, 'list')) throw source.broken('is damaged: its list of storages is missing');
  const places = new Map<string, number>();
  let at = cursor.position;
  for (const key of keys.items) {
    const storage = typeof key === 'string' ? storages.get(key) : undefined;
    if (storage === undefined || places.has(storage.key))
      throw source.broken('is damaged: its list of storages is wrong');
    const what = `storage ${quoted(storage.key)}`;
    const stated = source.bytes(at, 8, what).readBigInt64LE(0);
    if (stated !== BigInt(storage.numel)) {
      throw source.broken(`is damaged: ${what} has ${stated} numbers instead of ${storage.numel}`);
    }
    const bytes = storage.numel * bytesOf(storage.type);
    source.require(at + 8, bytes, what);
    places.set(storage.key, at + 8);
    at += 8 + bytes;
  }
  return places;
}

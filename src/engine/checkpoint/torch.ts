/**
 * Reads PyTorch's zip checkpoints (torch.save since 1.6): NAME/data.pkl, NAME/data/KEY, and NAME/byteorder.
 * Source: torch/serialization.py. Read next: zip.ts, torch-pickle.ts, state-dict.ts; torch-legacy.ts.
 */
import { quoted } from '../../domain/text.ts';
import { bytesOf } from './convert.ts';
import { Cursor } from './cursor.ts';
import { FileTensorStore } from './file-store.ts';
import { readPickle } from './pickle.ts';
import type { PickleStorage } from './pickle-values.ts';
import type { ByteSource } from './source.ts';
import { findStateDict } from './state-dict.ts';
import type { TensorStore } from './store.ts';
import { torchLayouts } from './torch-layout.ts';
import { torchVocabulary } from './torch-pickle.ts';
import { locateEntry, readZipDirectory } from './zip.ts';
import type { ZipEntry } from './zip.ts';

/**
 * Throws UserError `checkpoint.refused` for a pickle that wants more than weights need, `checkpoint.unreadable` for
 * damage; either way `source` stays open.
 */
export function openTorchZip(source: ByteSource): TensorStore {
  const entries = readZipDirectory(source);
  const { root, pickle } = findPickle(source, entries);
  const pickleAt = locateEntry(source, pickle);
  const cursor = new Cursor(source, pickleAt, pickleAt + pickle.size);
  const { tensors, metadata } = findStateDict(source, readPickle(cursor, torchVocabulary(cursor)));

  const places = new Map<string, number>();
  const placeOf = (storage: PickleStorage): number => {
    const entry = entries.get(`${root}/data/${storage.key}`);
    if (entry === undefined) throw source.broken(`is cut short: it lacks its storage ${quoted(storage.key)}`);
    const bytes = storage.numel * bytesOf(storage.type);
    if (entry.size !== bytes) {
      throw source.broken(
        `is damaged: storage ${quoted(storage.key)} has ${entry.size} bytes instead of ${bytes}`,
      );
    }
    const place = places.get(storage.key) ?? locateEntry(source, entry);
    places.set(storage.key, place);
    return place;
  };
  const layouts = torchLayouts(
    source,
    tensors,
    placeOf,
    isBigEndian(source, entries.get(`${root}/byteorder`)),
  );
  return new FileTensorStore(source, 'torch-zip', layouts, metadata);
}

function findPickle(
  source: ByteSource,
  entries: ReadonlyMap<string, ZipEntry>,
): { root: string; pickle: ZipEntry } {
  const found = [...entries.values()].filter((entry) => /^[^/]+\/data\.pkl$/.test(entry.name));
  const [pickle] = found;
  if (pickle === undefined || found.length > 1) {
    throw source.broken('is a zip file but not a PyTorch checkpoint', 'Choose the weights file itself.');
  }
  return { root: pickle.name.slice(0, -'/data.pkl'.length), pickle };
}

function isBigEndian(source: ByteSource, entry: ZipEntry | undefined): boolean {
  if (entry === undefined) return false;
  if (entry.size > 16) throw source.broken('is damaged: its byte order is unknown');
  const order = source.bytes(locateEntry(source, entry), entry.size, 'its byte order').toString('latin1');
  if (order !== 'little' && order !== 'big') throw source.broken('is damaged: its byte order is unknown');
  return order === 'big';
}

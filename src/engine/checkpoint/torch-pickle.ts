/**
 * The vocabulary of torch's pickles: the few names that weights need, and the refusal of every other one.
 * Describes storages and tensors without reading them. Read next: torch.ts, torch-layout.ts.
 */
import type { UserError } from '../../domain/errors.ts';
import { quoted } from '../../domain/text.ts';
import type { Cursor } from './cursor.ts';
import { MAX_RANK } from './file-store.ts';
import { addEntry } from './pickle-stack.ts';
import type { Vocabulary } from './pickle.ts';
import { describe, isKind } from './pickle-values.ts';
import type { PickleDict, PickleGlobal, PickleTuple, PickleValue } from './pickle-values.ts';
import type { StoredType } from './store.ts';

const ORDERED_DICT = 'collections.OrderedDict';
const TENSOR = 'torch._utils._rebuild_tensor_v2';
const PARAMETER = 'torch._utils._rebuild_parameter';

const STORAGES: ReadonlyMap<string, StoredType> = new Map([
  ['torch.FloatStorage', 'float32'],
  ['torch.HalfStorage', 'float16'],
  ['torch.BFloat16Storage', 'bfloat16'],
  ['torch.DoubleStorage', 'float64'],
  ['torch.LongStorage', 'int64'],
  ['torch.IntStorage', 'int32'],
  ['torch.ShortStorage', 'int16'],
  ['torch.CharStorage', 'int8'],
  ['torch.ByteStorage', 'uint8'],
  ['torch.BoolStorage', 'bool'],
  ['torch.storage.UntypedStorage', 'uint8'],
]);

/** Makes the vocabulary for the pickle under `cursor`, which is there to name the file in errors. */
export function torchVocabulary(cursor: Cursor): Vocabulary {
  const damaged = (what: string): UserError => cursor.broken(`is damaged: ${what}`);

  return {
    global(module, name): PickleGlobal {
      const full = `${module}.${name}`;
      const known = full === ORDERED_DICT || full === TENSOR || full === PARAMETER || STORAGES.has(full);
      if (!known) throw cursor.source.refused(`asks for ${quoted(full)}`);
      return { kind: 'global', name: full };
    },

    call(callee, args): PickleValue {
      if (callee.name === ORDERED_DICT) return orderedDict(cursor, args);
      if (callee.name === TENSOR) return tensor(args);
      if (callee.name !== PARAMETER) throw cursor.source.refused(`calls ${quoted(callee.name)}`);
      const [data] = args.items;
      if (data === undefined || !isKind(data, 'tensor')) throw damaged('a parameter in it has no tensor');
      return data;
    },

    /** ('storage', storage type, key, device, numel[, view]); the device is of no interest. */
    persistent(id): PickleValue {
      if (!isKind(id, 'tuple')) throw damaged('a storage in it is not described by a tuple');
      const [tag, kind, key, , numel, view] = id.items;
      if (tag !== 'storage')
        throw cursor.source.refused(`keeps a ${quoted(describe(tag ?? null))} beside its weights`);
      const type = kind !== undefined && isKind(kind, 'global') ? STORAGES.get(kind.name) : undefined;
      const sound = type !== undefined && typeof key === 'string' && isSize(numel);
      if (!sound) throw damaged('a storage in it is described wrongly');
      if (view !== undefined && view !== null) {
        throw cursor.source.broken(
          'keeps storages inside storages, as PyTorch did before 0.4',
          'Save it again.',
        );
      }
      return { kind: 'storage', key, type, numel };
    },

    refuse(what): UserError {
      return cursor.source.refused(what);
    },
  };

  /** _rebuild_tensor_v2(storage, offset, size, stride, requires_grad, hooks[, metadata]) */
  function tensor(args: PickleTuple): PickleValue {
    const [storage, offset, shape, strides] = args.items;
    const sizes = sizesOf(shape);
    const steps = sizesOf(strides);
    const sound = storage !== undefined && isKind(storage, 'storage') && isSize(offset) && sizes && steps;
    if (!sound || sizes.length !== steps.length) throw damaged('a tensor in it is described wrongly');
    return { kind: 'tensor', storage, offset, shape: sizes, strides: steps };
  }
}

/** OrderedDict() or OrderedDict([[key, value], ...]), as Python 2 wrote it. */
function orderedDict(cursor: Cursor, args: PickleTuple): PickleDict {
  const dict: PickleDict = { kind: 'dict', entries: new Map() };
  const [pairs] = args.items;
  if (pairs === undefined) return dict;
  if (!isKind(pairs, 'list'))
    throw cursor.broken('is damaged: an OrderedDict in it is made of something else');
  // The pairs move out of the list, so that calling this again and again on one list costs nothing.
  for (const pair of pairs.items.splice(0)) {
    const items = isKind(pair, 'list') || isKind(pair, 'tuple') ? pair.items : [];
    const [key, value] = items;
    if (key === undefined || value === undefined)
      throw cursor.broken('is damaged: an OrderedDict in it lacks a value');
    addEntry(cursor, dict, key, value);
  }
  return dict;
}

function isSize(value: PickleValue | undefined): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

function sizesOf(value: PickleValue | undefined): number[] | undefined {
  if (value === undefined || !isKind(value, 'tuple') || value.items.length > MAX_RANK) return undefined;
  const sizes = value.items.filter(isSize);
  return sizes.length === value.items.length ? sizes : undefined;
}

/**
 * The values a checkpoint's pickle can hold: plain data, and torch's storages and tensors as descriptions only.
 * Read next: pickle.ts (which makes them), torch-pickle.ts (which makes storages and tensors).
 */
import type { StoredType } from './store.ts';

/** Its items are still added to while the pickle runs. */
interface PickleList {
  readonly kind: 'list';
  readonly items: PickleValue[];
}
/** A tuple, complete when it is made. */
export interface PickleTuple {
  readonly kind: 'tuple';
  readonly items: readonly PickleValue[];
}
/** A dict or OrderedDict; a Map, so that no key can mean anything to JavaScript. */
export interface PickleDict {
  readonly kind: 'dict';
  readonly entries: Map<PickleValue, PickleValue>;
}
/** A permitted global, by its Python name ("torch._utils._rebuild_tensor_v2"). */
export interface PickleGlobal {
  readonly kind: 'global';
  readonly name: string;
}
/** Bytes, whose content nothing here needs. */
interface PickleBytes {
  readonly kind: 'bytes';
  readonly length: number;
}
/** `numel` numbers of one type, kept outside the pickle under `key`. */
export interface PickleStorage {
  readonly kind: 'storage';
  readonly key: string;
  readonly type: StoredType;
  readonly numel: number;
}
/** A strided view of a storage as the pickle states it; not yet checked. Sizes are in elements. */
export interface PickleTensor {
  readonly kind: 'tensor';
  readonly storage: PickleStorage;
  readonly offset: number;
  readonly shape: readonly number[];
  readonly strides: readonly number[];
}

/** Whatever a pickle may put on the stack. */
export type PickleValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | PickleList
  | PickleTuple
  | PickleDict
  | PickleGlobal
  | PickleBytes
  | PickleStorage
  | PickleTensor;

/** The kinds of object a pickle value can be. */
type PickleKind = Extract<PickleValue, { kind: string }>['kind'];

/** Whether a value is an object of one kind. */
export function isKind<K extends PickleKind>(
  value: PickleValue,
  kind: K,
): value is Extract<PickleValue, { kind: K }> {
  return typeof value === 'object' && value !== null && value.kind === kind;
}

/** A value for people: a scalar as text, an object as the name of its kind. */
export function describe(value: PickleValue): string {
  return typeof value === 'object' && value !== null ? value.kind : String(value);
}

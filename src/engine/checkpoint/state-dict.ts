/**
 * Finds the state dict in what torch.load would return: the whole value, or a dict one or two keys down.
 * Read next: torch.ts.
 */
import { quoted } from '../../domain/text.ts';
import type { ByteSource } from './source.ts';
import { describe, isKind } from './pickle-values.ts';
import type { PickleDict, PickleTensor, PickleValue } from './pickle-values.ts';

/** The tensors under their own names, as the network was saved. */
interface StateDict {
  readonly tensors: ReadonlyMap<string, PickleTensor>;
  /** Scalars beside it, and `nested`: the dotted keys it was found under. */
  readonly metadata: ReadonlyMap<string, string>;
}

/**
 * Where trainers keep weights. Where a file has several, the running average comes first: it is what samples are made
 * with in the papers.
 */
const KEYS = ['ema', 'ema_model', 'params_ema', 'model', 'state_dict', 'params'];
const MAX_DEPTH = 2;
const MAX_SCALARS = 100;
const PARALLEL_PREFIX = 'module.';

/** Throws UserError `checkpoint.unreadable` when there are no tensors under a known key. */
export function findStateDict(source: ByteSource, root: PickleValue): StateDict {
  if (!isKind(root, 'dict'))
    throw source.broken('holds something other than a state dict', 'Save model.state_dict().');
  const metadata = new Map<string, string>();
  const path: string[] = [];
  let dict = root;
  for (;;) {
    addScalars(dict, metadata);
    const key =
      path.length < MAX_DEPTH
        ? KEYS.find((name) => holdsTensors(dict.entries.get(name), path.length + 1))
        : undefined;
    const next = key === undefined ? undefined : dict.entries.get(key);
    if (key === undefined || next === undefined || !isKind(next, 'dict')) break;
    path.push(key);
    dict = next;
  }
  if (path.length > 0) metadata.set('nested', path.join('.'));
  const tensors = tensorsOf(dict);
  if (tensors.size === 0) {
    const seen = [...dict.entries.keys()].filter((key) => typeof key === 'string').slice(0, 5);
    const list = seen.length > 0 ? ` (it has ${seen.map(quoted).join(', ')})` : '';
    throw source.broken(
      `holds no weights where they are looked for${list}`,
      'Save model.state_dict() alone.',
    );
  }
  return { tensors: withoutPrefix(tensors), metadata };
}

/** Whether a value is a dict with tensors in it, or with such a dict under a known key. */
function holdsTensors(value: PickleValue | undefined, depth: number): boolean {
  if (value === undefined || !isKind(value, 'dict')) return false;
  for (const [key, entry] of value.entries)
    if (typeof key === 'string' && isKind(entry, 'tensor')) return true;
  return depth < MAX_DEPTH && KEYS.some((key) => holdsTensors(value.entries.get(key), depth + 1));
}

function tensorsOf(dict: PickleDict): Map<string, PickleTensor> {
  const tensors = new Map<string, PickleTensor>();
  for (const [key, value] of dict.entries) {
    if (typeof key === 'string' && isKind(value, 'tensor')) tensors.set(key, value);
  }
  return tensors;
}

function addScalars(dict: PickleDict, metadata: Map<string, string>): void {
  for (const [key, value] of dict.entries) {
    const scalar = typeof value === 'string' ? value.length <= 1000 : typeof value !== 'object';
    if (typeof key === 'string' && scalar && metadata.size < MAX_SCALARS) metadata.set(key, describe(value));
  }
}

/** DataParallel prefixes every name with "module."; the weights are the same without it. */
function withoutPrefix(tensors: ReadonlyMap<string, PickleTensor>): ReadonlyMap<string, PickleTensor> {
  for (const name of tensors.keys()) if (!name.startsWith(PARALLEL_PREFIX)) return tensors;
  return new Map([...tensors].map(([name, tensor]) => [name.slice(PARALLEL_PREFIX.length), tensor]));
}

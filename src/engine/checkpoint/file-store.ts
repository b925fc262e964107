/**
 * The TensorStore over an open file: a table of layouts that the format readers fill in and have checked.
 * Read next: safetensors.ts and torch.ts, which make it; strided.ts, which reads a layout.
 */
import { basename } from 'node:path';
import { UserError, invariant } from '../../domain/errors.ts';
import { quoted } from '../../domain/text.ts';
import { elementsOf, isFloat } from './convert.ts';
import type { ByteSource } from './source.ts';
import type { TensorInfo, TensorStore } from './store.ts';
import { readStrided } from './strided.ts';
import type { Layout } from './strided.ts';

/** Elements one tensor may have: 2^30 float32 are 4 GiB, far beyond any weight of a network this program runs. */
export const MAX_ELEMENTS = 2 ** 30;
/** Axes one tensor may have, as in PyTorch. */
export const MAX_RANK = 64;

/** A checkpoint whose directory has been read and checked; takes over `source` and closes it. */
export class FileTensorStore implements TensorStore {
  readonly path: string;
  readonly format: TensorStore['format'];
  readonly fileBytes: number;
  readonly tensors: ReadonlyMap<string, TensorInfo>;
  readonly metadata: ReadonlyMap<string, string>;
  readonly #source: ByteSource;
  readonly #layouts: ReadonlyMap<string, Layout>;

  constructor(
    source: ByteSource,
    format: TensorStore['format'],
    layouts: ReadonlyMap<string, Layout>,
    metadata: ReadonlyMap<string, string>,
  ) {
    this.path = source.path;
    this.format = format;
    this.fileBytes = source.size;
    this.metadata = metadata;
    this.#source = source;
    this.#layouts = layouts;
    const tensors = new Map<string, TensorInfo>();
    for (const [name, { shape, type }] of layouts) tensors.set(name, { name, shape, type });
    this.tensors = tensors;
  }

  read(name: string): Float32Array<ArrayBuffer> {
    const target = new Float32Array(countOf(this.#layout(name)));
    this.readInto(name, target, 0);
    return target;
  }

  readInto(name: string, target: Float32Array, offset: number): void {
    const layout = this.#layout(name);
    const fits = Number.isSafeInteger(offset) && offset >= 0 && countOf(layout) <= target.length - offset;
    invariant(fits, `tensor ${name} does not fit in the buffer it is read into`);
    readStrided(this.#source, layout, target, offset, `tensor ${quoted(name)}`);
  }

  readIntegers(name: string): number[] {
    const layout = this.#layout(name);
    if (isFloat(layout.type)) {
      throw this.#mismatch(`holds tensor ${quoted(name)} as ${layout.type} where whole numbers are needed`);
    }
    const target = new Float64Array(countOf(layout));
    readStrided(this.#source, layout, target, 0, `tensor ${quoted(name)}`);
    if (!target.every(Number.isSafeInteger)) {
      throw this.#source.broken(`holds a whole number beyond 2^53 in tensor ${quoted(name)}`);
    }
    return Array.from(target);
  }

  [Symbol.dispose](): void {
    this.#source[Symbol.dispose]();
  }

  #layout(name: string): Layout {
    const layout = this.#layouts.get(name);
    if (layout === undefined) throw this.#mismatch(`has no tensor called ${quoted(name)}`);
    return layout;
  }

  #mismatch(what: string): UserError {
    const advice = 'Choose a checkpoint of the kind of model that was asked for.';
    return new UserError('checkpoint.mismatch', `${quoted(basename(this.path))} ${what}.`, advice);
  }
}

function countOf(layout: Layout): number {
  const count = elementsOf(layout.shape);
  invariant(count !== undefined && count <= MAX_ELEMENTS, 'a layout was not checked');
  return count;
}

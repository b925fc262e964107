/**
 * Ranged reads (pread) of an untrusted file, every range checked against its size, and the errors that name it.
 * Read next: cursor.ts (sequential reading over a range), file-store.ts (tensors over a source).
 */
import { closeSync, fstatSync, openSync, readSync, statSync } from 'node:fs';
import { basename } from 'node:path';
import { UserError, invariant } from '../../domain/errors.ts';
import { quoted } from '../../domain/text.ts';

const ADVICE_DAMAGED = 'Download or copy the file again; it may be incomplete or damaged.';

/** An open file of known size. */
export class ByteSource implements Disposable {
  readonly path: string;
  readonly size: number;
  #descriptor: number | undefined;

  constructor(path: string, descriptor: number, size: number) {
    this.path = path;
    this.size = size;
    this.#descriptor = descriptor;
  }

  /** The error for a damaged file: `what` completes the sentence that begins with the file's name. */
  broken(what: string, advice = ADVICE_DAMAGED): UserError {
    return new UserError('checkpoint.unreadable', `${quoted(basename(this.path))} ${what}.`, advice);
  }

  /** The error for a pickle that asks for something weights do not need. */
  refused(what: string): UserError {
    return new UserError(
      'checkpoint.refused',
      `${quoted(basename(this.path))} was refused because it ${what}, which weights do not need.`,
      'Use a safetensors file, or have the weights saved alone with torch.save(model.state_dict(), path).',
    );
  }

  /**
   * Throws `checkpoint.unreadable` unless [position, position + length) lies in the file; `what` names the thing that
   * should be there.
   */
  require(position: number, length: number, what: string): void {
    const sound =
      Number.isSafeInteger(position) && Number.isSafeInteger(length) && position >= 0 && length >= 0;
    if (!sound || length > this.size - position)
      throw this.broken(`is cut short or damaged: ${what} lies outside it`);
  }

  /**
   * Fills `target` from byte `position` on; throws `checkpoint.unreadable` where the file or the disk does not let it.
   */
  readAt(position: number, target: Uint8Array, what: string): void {
    invariant(this.#descriptor !== undefined, 'a checkpoint was read after it was closed');
    this.require(position, target.length, what);
    for (let done = 0; done < target.length;) {
      const got = this.#pread(this.#descriptor, target.subarray(done), position + done);
      if (got === 0) throw this.broken('became shorter while it was being read');
      done += got;
    }
  }

  /** A fresh copy of [position, position + length); callers bound the length. Throws as `require` does. */
  bytes(position: number, length: number, what: string): Buffer {
    this.require(position, length, what);
    const buffer = Buffer.alloc(length);
    this.readAt(position, buffer, what);
    return buffer;
  }

  #pread(descriptor: number, target: Uint8Array, position: number): number {
    try {
      return readSync(descriptor, target, 0, target.length, position);
    } catch (cause) {
      throw new UserError(
        'checkpoint.unreadable',
        `${quoted(basename(this.path))} could not be read from the disk (${systemCode(cause)}).`,
        'Check the disk or the network folder the file is on.',
        { cause },
      );
    }
  }

  [Symbol.dispose](): void {
    if (this.#descriptor === undefined) return;
    closeSync(this.#descriptor);
    this.#descriptor = undefined;
  }
}

/** Opens a regular file for ranged reads; throws UserError `checkpoint.unreadable` for anything else. */
export function openSource(path: string): ByteSource {
  const name = quoted(basename(path));
  let descriptor: number | undefined;
  try {
    // Looked at before it is opened: opening a named pipe would wait for ever.
    const seen = statSync(path);
    if (seen.isDirectory()) {
      throw new UserError(
        'checkpoint.unreadable',
        `${name} is a folder.`,
        'Name the weights file inside it.',
      );
    }
    if (!seen.isFile()) {
      throw new UserError('checkpoint.unreadable', `${name} is not a regular file.`, 'Name a weights file.');
    }
    descriptor = openSync(path, 'r');
    return new ByteSource(path, descriptor, fstatSync(descriptor).size);
  } catch (cause) {
    if (descriptor !== undefined) closeSync(descriptor);
    if (cause instanceof UserError) throw cause;
    const code = systemCode(cause);
    if (code === 'ENOENT' || code === 'ENOTDIR') {
      throw new UserError('checkpoint.unreadable', `${name} does not exist.`, 'Check the path.', { cause });
    }
    throw new UserError(
      'checkpoint.unreadable',
      `${name} could not be opened (${code}).`,
      'Check that you may read the file.',
      { cause },
    );
  }
}

/** The operating system's code (ENOENT, EACCES, ...) of a caught error. */
export function systemCode(error: unknown): string {
  if (error instanceof Error && 'code' in error && typeof error.code === 'string') return error.code;
  return 'unknown error';
}

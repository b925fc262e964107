/**
 * A restricted pickle machine (Python's Lib/pickletools.py, protocols 2 to 5): it builds plain data and runs nothing.
 * What the few permitted globals mean is the vocabulary's business. Read next: pickle-stack.ts, torch-pickle.ts.
 */
import type { Cursor } from './cursor.ts';
import { decodeText, readSigned } from './pickle-scalars.ts';
import { PickleStack } from './pickle-stack.ts';
import { isKind } from './pickle-values.ts';
import type { PickleGlobal, PickleTuple, PickleValue } from './pickle-values.ts';

/** What a pickle may refer to; each method throws the refusal itself. */
export interface Vocabulary {
  /** A global is permitted or refused here, before anything is done with it. */
  global(module: string, name: string): PickleGlobal;
  /** What calling a permitted global yields (a description; no code runs). */
  call(callee: PickleGlobal, args: PickleTuple): PickleValue;
  /** What a persistent id stands for. */
  persistent(id: PickleValue): PickleValue;
  /** The refusal of an instruction that makes objects in some other way. */
  refuse(what: string): Error;
}

/** Longest text, longest global name, and most bytes of a whole pickle; far above any real state dict's. */
const LIMITS = { text: 2 ** 20, global: 256, bytes: 64 * 2 ** 20 };

/**
 * Runs one pickle from the cursor to its STOP; the cursor is left just after it. Throws `checkpoint.unreadable` for what
 * Python could not read either or no model needs, and whatever refusal the vocabulary throws.
 */
export function readPickle(cursor: Cursor, vocabulary: Vocabulary): PickleValue {
  return new PickleMachine(cursor, vocabulary).run();
}

class PickleMachine {
  readonly #cursor: Cursor;
  readonly #vocabulary: Vocabulary;
  readonly #stack: PickleStack;

  constructor(cursor: Cursor, vocabulary: Vocabulary) {
    this.#cursor = cursor;
    this.#vocabulary = vocabulary;
    this.#stack = new PickleStack(cursor);
  }

  run(): PickleValue {
    const begin = this.#cursor.position;
    for (;;) {
      const code = this.#cursor.byte();
      if (code === 0x2e) return this.#stack.pop(); // STOP
      this.#step(code);
      if (this.#cursor.position - begin > LIMITS.bytes)
        throw this.#stack.broken('is larger than any model needs');
    }
  }

  #step(code: number): void {
    const cursor = this.#cursor;
    const stack = this.#stack;
    switch (code) {
      case 0x80: // PROTO
        if (cursor.byte() > 5) throw stack.broken('is in a newer pickle protocol than 5');
        return;
      case 0x95: // FRAME: only a hint of how much to read
        return void this.#length(8);
      case 0x28: // MARK
        return stack.mark();
      case 0x30: // POP
        return void stack.pop();
      case 0x31: // POP_MARK
        return void stack.popMark();
      case 0x32: // DUP
        return stack.push(stack.top());
      case 0x4e: // NONE
        return stack.push(null);
      case 0x88: // NEWTRUE
        return stack.push(true);
      case 0x89: // NEWFALSE
        return stack.push(false);
      case 0x4a: // BININT
        return stack.push(cursor.take(4).readInt32LE(0));
      case 0x4b: // BININT1
        return stack.push(cursor.byte());
      case 0x4d: // BININT2
        return stack.push(cursor.take(2).readUInt16LE(0));
      case 0x8a: // LONG1
        return stack.push(readSigned(cursor.take(cursor.byte())));
      case 0x47: // BINFLOAT
        return stack.push(cursor.take(8).readDoubleBE(0));
      case 0x8c: // SHORT_BINUNICODE
        return stack.push(decodeText(cursor, cursor.byte()));
      case 0x58: // BINUNICODE
        return stack.push(decodeText(cursor, this.#length(4, LIMITS.text)));
      case 0x8d: // BINUNICODE8
        return stack.push(decodeText(cursor, this.#length(8, LIMITS.text)));
      case 0x55: // SHORT_BINSTRING: a str of Python 2
        return stack.push(cursor.take(cursor.byte()).toString('latin1'));
      case 0x54: // BINSTRING
        return stack.push(cursor.take(this.#length(4, LIMITS.text)).toString('latin1'));
      case 0x43: // SHORT_BINBYTES
        return this.#bytes(cursor.byte());
      case 0x42: // BINBYTES
        return this.#bytes(this.#length(4, LIMITS.text));
      case 0x8e: // BINBYTES8
      case 0x96: // BYTEARRAY8
        return this.#bytes(this.#length(8, LIMITS.text));
      case 0x29: // EMPTY_TUPLE
        return this.#tuple([]);
      case 0x85: // TUPLE1
      case 0x86: // TUPLE2
      case 0x87: // TUPLE3
        return this.#tuple(stack.popMany(code - 0x84));
      case 0x74: // TUPLE
        return this.#tuple(stack.popMark());
      case 0x5d: // EMPTY_LIST
        return stack.made({ kind: 'list', items: [] });
      case 0x61: // APPEND
        return stack.append([stack.pop()]);
      case 0x65: // APPENDS
        return stack.append(stack.popMark());
      case 0x7d: // EMPTY_DICT
        return stack.made({ kind: 'dict', entries: new Map() });
      case 0x73: // SETITEM
        return stack.setItems(stack.popMany(2));
      case 0x75: // SETITEMS
        return stack.setItems(stack.popMark());
      case 0x71: // BINPUT
        return stack.put(cursor.byte());
      case 0x72: // LONG_BINPUT
        return stack.put(cursor.take(4).readUInt32LE(0));
      case 0x94: // MEMOIZE
        return stack.memoize();
      case 0x68: // BINGET
        return stack.get(cursor.byte());
      case 0x6a: // LONG_BINGET
        return stack.get(cursor.take(4).readUInt32LE(0));
      case 0x63: // GLOBAL
      case 0x69: // INST: a global called with the marked arguments
        stack.push(this.#vocabulary.global(cursor.line(LIMITS.global), cursor.line(LIMITS.global)));
        if (code === 0x69) throw this.#vocabulary.refuse('makes an object by the old INST instruction');
        return;
      case 0x93: // STACK_GLOBAL
        return this.#stackGlobal();
      case 0x52: // REDUCE
        return this.#reduce();
      case 0x51: // BINPERSID
        return stack.made(this.#vocabulary.persistent(stack.pop()));
      case 0x62: // BUILD: attributes, such as a state dict's _metadata, are dropped
        stack.pop();
        if (!isKind(stack.top(), 'dict')) throw this.#vocabulary.refuse('sets attributes of an object');
        return;
      case 0x81: // NEWOBJ
      case 0x92: // NEWOBJ_EX
      case 0x6f: // OBJ
        throw this.#vocabulary.refuse('makes an object of a class');
      case 0x82: // EXT1
      case 0x83: // EXT2
      case 0x84: // EXT4
        throw this.#vocabulary.refuse('uses a class from the extension registry');
      default:
        throw stack.broken(`has an instruction that no checkpoint uses (0x${code.toString(16)})`);
    }
  }

  #length(bytes: 4 | 8, limit = Infinity): number {
    const view = this.#cursor.take(bytes);
    const length = bytes === 4 ? view.readUInt32LE(0) : Number(view.readBigUInt64LE(0));
    if (length > this.#cursor.end - this.#cursor.position) throw this.#stack.broken('is cut short');
    if (length > limit) throw this.#stack.broken('holds a longer text than any model needs');
    return length;
  }

  #bytes(length: number): void {
    this.#cursor.take(length);
    this.#stack.made({ kind: 'bytes', length });
  }

  #tuple(items: readonly PickleValue[]): void {
    this.#stack.made({ kind: 'tuple', items });
  }

  #stackGlobal(): void {
    const name = this.#stack.pop();
    const module = this.#stack.pop();
    if (typeof name !== 'string' || typeof module !== 'string')
      throw this.#stack.broken('names a global by something else');
    this.#stack.push(this.#vocabulary.global(module, name));
  }

  #reduce(): void {
    const args = this.#stack.pop();
    const callee = this.#stack.pop();
    if (!isKind(args, 'tuple') || !isKind(callee, 'global'))
      throw this.#stack.broken('calls something that is no function');
    this.#stack.made(this.#vocabulary.call(callee, args));
  }
}

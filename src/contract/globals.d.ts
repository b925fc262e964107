/**
 * The few globals that Node and browsers share and the contract uses, declared as far as it uses them; who serves or
 * consumes the contract sees the real ones of its host. Nothing else from either host may appear in this layer.
 */
interface AbortSignal {
  readonly aborted: boolean;
  readonly reason: unknown;
  throwIfAborted(): void;
  addEventListener(type: 'abort', listener: () => void, options?: { once?: boolean }): void;
  removeEventListener(type: 'abort', listener: () => void): void;
}

declare class AbortController {
  readonly signal: AbortSignal;
  abort(reason?: unknown): void;
}

declare class TextEncoder {
  encode(text: string): Uint8Array<ArrayBuffer>;
}

declare class TextDecoder {
  constructor(label: 'utf-8', options: { fatal: boolean });
  decode(bytes: Uint8Array): string;
}

declare function queueMicrotask(task: () => void): void;

declare function structuredClone(value: unknown): unknown;

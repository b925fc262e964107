/**
 * How a stream's items leave the serving side: never more ahead of the consumer than it has room for, and for a stream
 * of `latest` only the newest. serve.ts runs it; the consumer's half is in client.ts.
 */

/** How many items of a stream may be on their way to the consumer. */
export const ahead = 16;

/** Room for items on their way: taken before one is sent, given back when the consumer has dealt with it. */
export class Credit {
  readonly #most: number;
  #left: number;
  #closed = false;
  #wake: (() => void) | undefined;

  constructor(most: number) {
    this.#most = most;
    this.#left = most;
  }

  /** Resolves to true when there is room for one more, to false when nobody waits for items any longer. */
  async take(): Promise<boolean> {
    while (this.#left === 0 && !this.#closed) {
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
    if (this.#closed) return false;
    this.#left -= 1;
    return true;
  }

  give(): void {
    this.#left = Math.min(this.#left + 1, this.#most);
    this.#wake?.();
  }

  close(): void {
    this.#closed = true;
    this.#wake?.();
  }
}

/** Sends every item of `source`, asking for the next only when there is room for it. */
export async function pour(
  source: AsyncIterator<unknown>,
  credit: Credit,
  send: (item: unknown) => void,
): Promise<void> {
  while (await credit.take()) {
    const next = await source.next();
    if (next.done) return;
    send(next.value);
  }
}

/** Reads `source` as fast as it yields and sends what is newest whenever there is room; the last item always arrives. */
export async function pourLatest(
  source: AsyncIterator<unknown>,
  credit: Credit,
  send: (item: unknown) => void,
): Promise<void> {
  let newest: { item: unknown } | undefined;
  let failed: { error: unknown } | undefined;
  let sending: Promise<void> | undefined;

  async function sendNewest(): Promise<void> {
    try {
      while (newest && (await credit.take())) {
        const { item } = newest;
        newest = undefined;
        send(item);
      }
    } catch (error) {
      failed = { error };
    }
    sending = undefined;
  }

  for (let next = await source.next(); !next.done && !failed; next = await source.next()) {
    newest = { item: next.value };
    sending ??= sendNewest();
  }
  await sending;
  if (failed) throw failed.error;
}

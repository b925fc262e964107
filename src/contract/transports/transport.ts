/**
 * What carries messages between the two sides of the contract: in order, whole, until one side closes. The three kinds
 * are direct.ts, port.ts and websocket.ts; mux.ts puts many over one.
 */

export interface Receiver {
  /** One message: whatever the other side sent, so unknown. */
  message(message: unknown): void;
  /** Called once, whoever closed it; nothing is delivered after. */
  closed(why: string): void;
}

export interface Transport {
  /** Begins to deliver, what arrived earlier first. Called once. */
  start(receiver: Receiver): void;
  /**
   * Sends plain data and Uint8Arrays (plain.ts). Throws where this message cannot be sent (too large); once closed, it
   * drops it without a word, since `closed` has said so.
   */
  send(message: unknown): void;
  close(why?: string): void;
}

/** The receiving half of a transport: keeps what comes before `start`, and closes once. */
export class Inlet {
  #receiver: Receiver | undefined;
  #early: unknown[] = [];
  #why: string | undefined;

  get open(): boolean {
    return this.#why === undefined;
  }

  start(receiver: Receiver): void {
    this.#receiver = receiver;
    for (const message of this.#early.splice(0)) receiver.message(message);
    if (this.#why !== undefined) receiver.closed(this.#why);
  }

  deliver(message: unknown): void {
    if (!this.open) return;
    if (this.#receiver) this.#receiver.message(message);
    else this.#early.push(message);
  }

  close(why: string): void {
    if (!this.open) return;
    this.#why = why;
    this.#receiver?.closed(why);
  }
}

/** Joins two transports end to end: what comes in on one goes out on the other, and they close together. */
export function pipe(one: Transport, other: Transport): void {
  const into = (target: Transport, source: Transport): Receiver => ({
    message: (message) => {
      try {
        target.send(message);
      } catch (error) {
        // A message that one side could carry and the other cannot: neither would get an answer.
        source.close(error instanceof Error ? error.message : 'a message could not be passed on');
      }
    },
    closed: (why) => target.close(why),
  });
  one.start(into(other, one));
  other.start(into(one, other));
}

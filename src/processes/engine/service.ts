/**
 * The engine's side of contract/engine.ts: one order at a time, each stopped between its steps when the library says so.
 * workshop.ts has what is open, restoring.ts and learning.ts do the work.
 */
import { UserError } from '../../domain/errors.ts';
import type { engine } from '../../contract/engine.ts';
import type { Context, Handlers } from '../../contract/rpc.ts';
import { checkModel } from './checking.ts';
import { albumOrder, finetuneOrder } from './learning.ts';
import { findMask } from './damage.ts';
import { lookForFaces } from './looking.ts';
import { restoreOrder } from './restoring.ts';
import { Workshop } from './workshop.ts';

export class EngineService {
  readonly #workshop = new Workshop();
  readonly #orders = new Map<string, AbortController>();
  #turn: Promise<unknown> = Promise.resolve(undefined);

  readonly handlers: Handlers<typeof engine> = {
    device: (asked) => this.#inTurn(() => this.#workshop.report(asked)),
    check: ({ kind, path, config }) => this.#inTurn(() => checkModel(kind, path, config)),
    faces: (order, { signal }) => this.#inTurn(() => lookForFaces(this.#workshop, order, signal)),
    // no network is needed: it does not wait for one that learns for hours
    damage: (asked, { signal }) => findMask(asked, signal),
    restore: (order, context) => this.#order(order, context, restoreOrder),
    finetune: (order, context) => this.#order(order, context, finetuneOrder),
    album: (order, context) => this.#order(order, context, albumOrder),
    stop: ({ order }) => {
      this.#orders.get(order)?.abort(new UserError('cancelled', 'It was stopped.'));
      return undefined;
    },
  };

  /** Stops what is at work, between steps, and closes all that is open. */
  async close(): Promise<void> {
    for (const abort of this.#orders.values()) abort.abort(new UserError('cancelled', 'Albumen is closing.'));
    await this.#inTurn(() => this.#workshop[Symbol.asyncDispose]());
  }

  async *#order<Order extends { readonly order: string }, News>(
    order: Order,
    { signal }: Context,
    work: (workshop: Workshop, order: Order, signal: AbortSignal) => AsyncGenerator<News>,
  ): AsyncGenerator<News> {
    const abort = new AbortController();
    const before = this.#turn;
    const { promise, resolve } = Promise.withResolvers<undefined>();
    this.#turn = promise;
    this.#orders.set(order.order, abort);
    try {
      await before;
      yield* work(this.#workshop, order, AbortSignal.any([signal, abort.signal]));
    } finally {
      this.#orders.delete(order.order);
      resolve(undefined);
    }
  }

  async #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const before = this.#turn;
    const { promise, resolve } = Promise.withResolvers<undefined>();
    this.#turn = promise;
    try {
      await before;
      return await work();
    } finally {
      resolve(undefined);
    }
  }
}
